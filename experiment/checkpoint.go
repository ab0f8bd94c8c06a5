package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/metric"

	"github.com/xsam-go/xsam/internal/program"
)

// sumsParam is the store's parameter under which a checkpoint carries the sums, as JSON text.
const sumsParam = "/experiment_tally"

// metricsPath is where GoMLX's trainer keeps its moving averages, under names that differ from process to process. No
// record uses them, and restored they would only pile up.
var metricsPath = model.JoinPath(model.RootScopePath, metric.Scope) + model.ScopeSeparator

// checkpoints saves a store and restores it.
type checkpoints struct {
	store   *model.Store
	handler *checkpoint.Handler
}

// openCheckpoints loads the newest whole checkpoint under dir into the store, if there is one, and returns what saves
// the next. What a killed run left half written is deleted, with a warning.
func openCheckpoints(dir string, store *model.Store) (c *checkpoints, warnings []string, err error) {
	warnings, err = deleteBroken(dir)
	if err != nil {
		return nil, nil, err
	}
	// Uncompressed: random weights hardly shrink, and sizes can be checked.
	handler, err := checkpoint.Build(store).Dir(dir).Keep(1).WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		return nil, nil, fmt.Errorf("experiment: checkpoints under %s: %w", dir, err)
	}
	return &checkpoints{store: store, handler: handler}, warnings, nil
}

// sums returns those that the loaded checkpoint carries; empty ones without a checkpoint.
func (c *checkpoints) sums() (t sums, err error) {
	value, _ := c.store.GetParam(sumsParam)
	text, _ := value.(string)
	if text == "" { // none, or those of another run that used the store before
		return sums{}, nil
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return sums{}, fmt.Errorf("experiment: the checkpoint under %s has no readable %s: %w", c.handler.Dir(), sumsParam,
			err)
	}
	return t, nil
}

// save writes a checkpoint and deletes the one before it, in this order.
func (c *checkpoints) save(t sums) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("experiment: the sums of the run cannot be saved: %w", err)
	}
	c.store.SetParam(sumsParam, string(text))
	for v := range c.store.IterVariables() {
		if strings.HasPrefix(v.Path(), metricsPath) {
			c.handler.ExcludeVarsFromSaving(v)
		}
	}
	if err := c.handler.Save(); err != nil {
		return fmt.Errorf("experiment: saving a checkpoint: %w", err)
	}
	return nil
}

// close frees the values that were loaded and not asked for.
func (c *checkpoints) close() (err error) {
	for _, t := range c.handler.LoadedVariables() {
		err = errors.Join(err, t.FinalizeAll())
	}
	return err
}

// deleteBroken removes checkpoints that are not whole. A checkpoint is a .json file that lists the variables with their
// places in a .bin file of the same name; GoMLX writes the .json last but creates it first.
func deleteBroken(dir string) (warnings []string, err error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	var names []string
	for _, e := range entries {
		extension := filepath.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), extension)
		if !e.IsDir() && (extension == checkpoint.JsonNameSuffix || extension == checkpoint.BinDataSuffix) &&
			!slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if program.WholeCheckpoint(path) {
			continue
		}
		for _, extension := range []string{checkpoint.JsonNameSuffix, checkpoint.BinDataSuffix} {
			if err := os.Remove(path + extension); err != nil && !os.IsNotExist(err) {
				return nil, fmt.Errorf("experiment: a broken checkpoint cannot be deleted: %w", err)
			}
		}
		warnings = append(warnings, path+": this checkpoint was cut off while it was written and has been deleted")
	}
	return warnings, nil
}

// keepSnapshot puts the checkpoint of one folder into another, where later checkpoints do not replace it. The folder
// appears in one piece: it is filled under another name first.
func keepSnapshot(from, to string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("experiment: keeping a snapshot: %w", err)
		}
	}()
	unfinished := to + ".tmp"
	if err := errors.Join(os.RemoveAll(unfinished), os.RemoveAll(to), os.MkdirAll(unfinished, 0o755)); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := program.LinkOrCopy(filepath.Join(from, f.Name()), filepath.Join(unfinished, f.Name())); err != nil {
			return err
		}
	}
	return os.Rename(unfinished, to)
}
