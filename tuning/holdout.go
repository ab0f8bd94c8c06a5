package tuning

import (
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/recipe"
)

// validationShare is the part of the training examples that trials hold out where nobody says how many: a fifth.
const validationShare = 5

// mostHeldOut is their number where the set is not known to be small.
const mostHeldOut = 1000

// HoldOut gives the recipe of trials validation examples, where it has none: a fifth of those to train on, and at most
// 1,000 of a built-in set. It fails where data of the user's own cannot be read.
func HoldOut(r *recipe.Recipe) error {
	if r.ValidationSize > 0 {
		return nil
	}
	if _, mine := own.Parse(r.Data); !mine {
		r.ValidationSize = mostHeldOut
		if r.Data == "digits" || r.TrainSize > 0 && r.TrainSize < validationShare*mostHeldOut {
			r.ValidationSize = max(1, max(r.TrainSize, mostHeldOut)/validationShare)
		}
		return nil
	}
	all := *r
	all.TrainSize = 0
	n, err := datasets.TrainingExamples(all.Data, all.DataOptions())
	if err != nil {
		return err
	}
	r.ValidationSize = max(1, n/validationShare)
	if r.TrainSize > n-r.ValidationSize {
		r.TrainSize = 0 // all but them
	}
	return nil
}
