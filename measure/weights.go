package measure

import (
	"math"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Weights names a state of a run's weights that can be measured.
type Weights struct {
	Name   string          // "init", "last" or "epoch:5"
	folder string          // of its checkpoint; "" for the weights that the recipe's seed draws
	run    recipe.Identity // of another run than the measured one
}

// InitialWeights are those that a recipe's seed draws.
var InitialWeights = Weights{Name: "init"}

// FindWeights returns the states that which names: "init", "last" (the checkpoint of a run directory), "epoch:5" (a
// snapshot that was kept after an epoch) or "all" (every snapshot in order, then last).
func FindWeights(dir, which string) ([]Weights, error) {
	switch which {
	case InitialWeights.Name:
		return []Weights{InitialWeights}, nil
	case "all":
		kept, err := snapshots(dir)
		return append(kept, Weights{Name: runlog.Last, folder: runlog.Checkpoints(dir)}), err
	}
	folder, err := runlog.Checkpoint(dir, which, InitialWeights.Name, "all")
	if err != nil {
		return nil, err
	}
	return []Weights{{Name: which, folder: folder}}, nil
}

// snapshots lists the snapshots of a run by their epochs.
func snapshots(dir string) ([]Weights, error) {
	epochs, err := runlog.Snapshots(dir)
	if err != nil {
		return nil, err
	}
	kept := make([]Weights, len(epochs))
	for i, epoch := range epochs {
		kept[i] = Weights{Name: runlog.Epoch(epoch), folder: runlog.Snapshot(dir, epoch)}
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
