package advice

import (
	"fmt"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// What the short runs are.
const (
	shortShare  = 10   // a short run has this part of the epochs: a tenth
	fewestSteps = 60   // and this number of steps at least, where the training has as many
	firstSeed   = 2000 // of weights and batches; no run has it that is compared, and no trial of a search
	seeds       = 2
	rateFactor  = 3 // between two learning rates that are tried
	lambdaLooks = 3 // measurements of λmax in a short run

	lambdaExamples = 256 // on which λmax is measured, at most
)

// shortRun is one before it is made: what it is of, and where it goes.
type shortRun struct {
	rate   float64 // learning rate
	lite   bool    // of xsam-lite; else of sgd
	usual  bool    // at the learning rate of the recipe
	recipe recipe.Recipe
	dir    string // under the folder of all
}

// plan returns the short runs of a recipe, which has validation examples, on so many training examples: sgd at a third
// of its learning rate, at it and at three times of it, and xsam-lite at it, each from the same two seeds.
func plan(r recipe.Recipe, examples int) (runs []shortRun, err error) {
	base := short(r, examples)
	for _, factor := range []float64{1. / rateFactor, 1, rateFactor} {
		if runs, err = add(runs, base, "sgd", factor); err != nil {
			return nil, err
		}
	}
	return add(runs, base, "xsam-lite", 1)
}

// add adds the runs of a method at a learning rate.
func add(runs []shortRun, base recipe.Recipe, method string, factor float64) ([]shortRun, error) {
	for seed := range int64(seeds) {
		r := base
		r.LearningRate, r.Seed = tuning.Round(r.LearningRate*factor), firstSeed+seed
		if method != "sgd" || factor != 1 {
			r.LambdaProducts, r.LambdaEvery = 0, 0
		}
		if err := r.SetMethod(method, nil); err != nil {
			return nil, err
		}
		if err := r.Validate(); err != nil {
			return nil, err
		}
		runs = append(runs, shortRun{
			rate: r.LearningRate, lite: method != "sgd", usual: factor == 1, recipe: r,
			dir: runlog.Name(fmt.Sprintf("%s-lr%g", method, r.LearningRate), r.Seed),
		})
	}
	return runs, nil
}

// short is the recipe of the short runs.
func short(r recipe.Recipe, examples int) recipe.Recipe {
	perEpoch := max(1, examples/r.Batch)
	r.Epochs = min(r.Epochs, max(above(r.Epochs, shortShare), above(fewestSteps, perEpoch)))
	r.WarmupSteps = above(r.WarmupSteps, shortShare)
	r.EvaluateEvery = 0
	r.LambdaEvery = max(1, r.Epochs/lambdaLooks)
	r.LambdaProducts, r.LambdaTolerance = 40, 0.03
	if r.LambdaExamples == 0 || r.LambdaExamples > lambdaExamples {
		r.LambdaExamples = lambdaExamples
	}
	r.LambdaExamples = min(r.LambdaExamples, examples)
	r.LambdaBatch = min(r.LambdaBatch, r.LambdaExamples)
	return r
}

// above is n/m, rounded up.
func above(n, m int) int { return (n + m - 1) / m }

// trained is the number of examples that a recipe trains on, of which its trials have those of a split.
func trained(r recipe.Recipe, trial *datasets.Split) (int, error) {
	_, mine := own.Parse(r.Data)
	switch {
	case mine:
		return datasets.TrainingExamples(r.Data, r.DataOptions())
	case r.TrainSize == 0 && r.ValidationSize == 0:
		return trial.Train.Len() + trial.Validation.Len(), nil
	}
	return trial.Train.Len(), nil
}

// held returns the recipe with validation examples, and the data.
func held(r recipe.Recipe) (recipe.Recipe, *datasets.Split, error) {
	if err := tuning.HoldOut(&r); err != nil {
		return r, nil, err
	}
	split, err := datasets.Load(r.Data, r.DataOptions())
	return r, split, err
}
