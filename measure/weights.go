package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Weights names a state of a run's weights that can be measured.
type Weights struct {
	Name   string // "init", "last" or "epoch:5"
	folder string // of its checkpoint; "" for the weights that the recipe's seed draws
}

// InitialWeights are those that a recipe's seed draws.
var InitialWeights = Weights{Name: "init"}

// FindWeights returns the states that which names: "init", "last" (the checkpoint of a run directory), "epoch:5" (a
// snapshot that was kept after an epoch) or "all" (every snapshot in order, then last).
func FindWeights(dir, which string) ([]Weights, error) {
	last := Weights{Name: "last", folder: runlog.Checkpoints(dir)}
	epoch, isEpoch := strings.CutPrefix(which, "epoch:")
	number, err := strconv.Atoi(epoch)
	switch {
	case which == "init":
		return []Weights{InitialWeights}, nil
	case which == "last":
		return []Weights{last}, nil
	case which == "all":
		kept, err := snapshots(dir)
		return append(kept, last), err
	case !isEpoch || err != nil || number < 0:
		return nil, fmt.Errorf("measure: checkpoint %q: want last, init, all, or epoch:N with a number N", which)
	}
	kept, err := snapshots(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, w := range kept {
		if w.folder == runlog.Snapshot(dir, number) {
			return []Weights{w}, nil
		}
		names = append(names, w.Name)
	}
	if len(names) == 0 {
		names = []string{"none: --keep-every of train and compare keeps them"}
	}
	return nil, fmt.Errorf("measure: %s has no snapshot of epoch %d: want one of those that were kept (%s), or last",
		dir, number, strings.Join(names, ", "))
}

// snapshots lists the snapshots of a run by their epochs.
func snapshots(dir string) ([]Weights, error) {
	epochs, err := runlog.Snapshots(dir)
	if err != nil {
		return nil, err
	}
	kept := make([]Weights, len(epochs))
	for i, epoch := range epochs {
		kept[i] = Weights{Name: fmt.Sprintf("epoch:%d", epoch), folder: runlog.Snapshot(dir, epoch)}
	}
	return kept, nil
}

// momentum is that of sgd, NaN for other base optimizers.
func momentum(r recipe.Recipe) float64 {
	if r.Optimizer != "sgd" {
		return math.NaN()
	}
	return r.Momentum
}
