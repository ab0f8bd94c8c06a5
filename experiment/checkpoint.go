package experiment

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// sumsParam is the store's parameter under which a checkpoint carries the sums, as JSON text.
const sumsParam = "/experiment_tally"

// keptCheckpoints is the number of checkpoints that a run keeps: one to go on from when the newest is damaged.
const keptCheckpoints = 2

// checkpoints saves a store and restores it.
type checkpoints struct {
	store  *model.Store
	saver  checkpoint.Saver
	loaded *checkpoint.Checkpoint // nil without one
}

// openCheckpoints restores the newest checkpoint of a run that is whole and the run's own, out of those that it goes on
// from or, where there is none left, of its snapshots, and returns what saves the next. What cannot be used is moved
// aside, with a warning.
func openCheckpoints(dir string, run recipe.Identity, store *model.Store) (c *checkpoints, warnings []string,
	err error) {
	c = &checkpoints{store: store, saver: checkpoint.Saver{
		Folder: runlog.Checkpoints(dir), Run: run, Keep: keptCheckpoints,
		Skip: program.IsMetric, // no record uses them, and restored they would only pile up
	}}
	newest, refused, err := checkpoint.Newest(c.saver.Folder, run, store)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range refused {
		if err := r.MoveAside(); err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, fmt.Sprintf("%v: it is kept as *.damaged and not used", r.Err))
	}
	if newest == nil {
		var more []string
		if newest, more, err = newestSnapshot(dir, run, store); err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, more...)
	}
	switch {
	case newest == nil && len(warnings) > 0:
		warnings = append(warnings, dir+": there is no checkpoint that can be used: training begins anew")
	case newest != nil && len(warnings) > 0:
		warnings = append(warnings, fmt.Sprintf("%s: training goes on from step %d", newest.Path, newest.Step))
	}
	if newest == nil {
		return c, warnings, nil
	}
	if newest.Unsigned {
		warnings = append(warnings, newest.UnsignedWarning())
	}
	c.loaded = newest
	return c, warnings, newest.Restore(store)
}

// newestSnapshot reads the newest snapshot of a run that can be used, nil when there is none, and warns of others.
func newestSnapshot(dir string, run recipe.Identity, store *model.Store) (c *checkpoint.Checkpoint, warnings []string,
	err error) {
	epochs, err := runlog.Snapshots(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, epoch := range slices.Backward(epochs) {
		c, refused, err := checkpoint.Newest(runlog.Snapshot(dir, epoch), run, store)
		for _, r := range refused {
			warnings = append(warnings, fmt.Sprintf("%v: it is not used", r.Err))
		}
		if err != nil || c != nil {
			return c, warnings, err
		}
	}
	return nil, warnings, nil
}

// sums returns those that the loaded checkpoint carries; empty ones without a checkpoint.
func (c *checkpoints) sums() (t sums, err error) {
	if c.loaded == nil {
		return sums{}, nil
	}
	text := c.loaded.Text(sumsParam)
	if text == "" {
		return sums{}, nil
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return sums{}, fmt.Errorf("experiment: the checkpoint %s has no readable %s: %w", c.loaded.Path, sumsParam, err)
	}
	return t, nil
}

// save writes a checkpoint, then deletes what is older than those to keep, and returns the path of its files without
// extension.
func (c *checkpoints) save(t sums) (path string, err error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("experiment: the sums of the run cannot be saved: %w", err)
	}
	c.store.SetParam(sumsParam, string(text))
	return c.saver.Save(c.store, c.loaded)
}

// close frees the values that were loaded and not asked for.
func (c *checkpoints) close() error {
	if c.loaded == nil {
		return nil
	}
	return c.loaded.Close()
}
