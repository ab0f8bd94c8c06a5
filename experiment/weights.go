package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/optimizer"

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
		return nil, fmt.Errorf("experiment: checkpoint %q: want last, init, all, or epoch:N with a number N", which)
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
	return nil, fmt.Errorf("experiment: %s has no snapshot of epoch %d: want one of those that were kept (%s), or last", dir, number, strings.Join(names, ", "))
}

// snapshots lists the snapshots of a run by their epochs.
func snapshots(dir string) ([]Weights, error) {
	entries, err := os.ReadDir(filepath.Join(dir, runlog.SnapshotDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	var epochs []int
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), "epoch-")
		if epoch, err := strconv.Atoi(text); ok && err == nil && e.IsDir() { // others are unfinished
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	kept := make([]Weights, len(epochs))
	for i, epoch := range epochs {
		kept[i] = Weights{Name: fmt.Sprintf("epoch:%d", epoch), folder: runlog.Snapshot(dir, epoch)}
	}
	return kept, nil
}

// load puts weights, running averages and, where there are any, Adam's moments into the store, and returns the number of
// updates that led there. Nothing is written to the run directory.
func (p *program) load(w Weights) (step int64, err error) {
	if err := p.draw(p.recipe.Seed); err != nil || w.folder == "" {
		return 0, err
	}
	saved, err := readCheckpoint(w.folder)
	if err != nil {
		return 0, err
	}
	defer saved.Finalize()
	moments := model.JoinPath(model.RootScopePath, optimizer.AdamDefaultScope) + model.ScopeSeparator
	for v := range saved.IterVariables() {
		known := p.store.GetVariable(v.Path())
		if known == nil && !strings.HasPrefix(v.Path(), moments) {
			continue
		}
		value, err := v.Value()
		if err == nil && known != nil && !known.Shape().Equal(v.Shape()) {
			err = fmt.Errorf("experiment: the checkpoint under %s has %s of shape %s: want %s, as the recipe's model has it",
				w.folder, v.Path(), v.Shape(), known.Shape())
		}
		if err == nil {
			err = p.put(v.Path(), value, false)
		}
		if err != nil {
			return 0, err
		}
	}
	for v := range p.store.IterVariables() {
		if v.Trainable && saved.GetVariable(v.Path()) == nil {
			return 0, fmt.Errorf("experiment: the checkpoint under %s has no %s: want all weights of the recipe's model", w.folder, v.Path())
		}
	}
	return optimizer.GetGlobalStep(saved), nil
}

// readCheckpoint reads the newest whole checkpoint of a folder into a store of its own. It reads from copies, so that a
// run that is going on may replace the files meanwhile.
func readCheckpoint(folder string) (store *model.Store, err error) {
	indexes, err := filepath.Glob(filepath.Join(folder, "*"+checkpoint.JsonNameSuffix))
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	slices.Sort(indexes) // by number, then time
	slices.Reverse(indexes)
	at := slices.IndexFunc(indexes, func(index string) bool { return whole(strings.TrimSuffix(index, checkpoint.JsonNameSuffix)) })
	if at < 0 {
		return nil, fmt.Errorf("experiment: no whole checkpoint under %s: want the one that xsam train or compare leaves there; train with --resume or again",
			folder)
	}
	private, err := os.MkdirTemp("", "xsam-checkpoint")
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	base := strings.TrimSuffix(indexes[at], checkpoint.JsonNameSuffix)
	for _, extension := range []string{checkpoint.JsonNameSuffix, checkpoint.BinDataSuffix} {
		if err := linkOrCopy(base+extension, filepath.Join(private, filepath.Base(base)+extension)); err != nil {
			return nil, fmt.Errorf("experiment: reading the checkpoint under %s: %w", folder, err)
		}
	}
	store = model.NewStore()
	if _, err := checkpoint.Load(store).Dir(private).Immediate().Done(); err != nil {
		store.Finalize()
		return nil, fmt.Errorf("experiment: the checkpoint under %s: %w", folder, err)
	}
	return store, nil
}

// LearningRateAt is the rate of the last update before a step of a run with the given number of steps, or of its first one
// for step 0.
func (r Recipe) LearningRateAt(step, steps int) float64 {
	return r.LearningRate * r.warmed(steps).Factor(max(0, step-1))
}

// momentum is that of sgd, NaN for other base optimizers.
func momentum(r Recipe) float64 {
	if r.Optimizer != "sgd" {
		return math.NaN()
	}
	return r.Momentum
}
