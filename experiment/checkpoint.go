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
)

// tallyParam is the store's parameter under which a checkpoint carries the tally, as JSON text.
const tallyParam = "/experiment_tally"

// metricsPath is where GoMLX's trainer keeps its moving averages, under names that differ from process to process. No record
// uses them, and restored they would only pile up.
var metricsPath = model.JoinPath(model.RootScopePath, metric.Scope) + model.ScopeSeparator

// checkpoints saves a store and restores it.
type checkpoints struct {
	store   *model.Store
	handler *checkpoint.Handler
}

// openCheckpoints loads the newest whole checkpoint under dir into the store, if there is one, and returns what saves the
// next. What a killed run left half written is deleted, with a warning.
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

// tally returns the one that the loaded checkpoint carries; an empty one without a checkpoint.
func (c *checkpoints) tally() (t tally, err error) {
	value, found := c.store.GetParam(tallyParam)
	if !found {
		return tally{}, nil
	}
	text, _ := value.(string)
	if text == "" { // a store that another run used before
		return tally{}, nil
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return tally{}, fmt.Errorf("experiment: the checkpoint under %s has no readable %s: %w", c.handler.Dir(), tallyParam, err)
	}
	return t, nil
}

// save writes a checkpoint and deletes the one before it, in this order.
func (c *checkpoints) save(t tally) error {
	text, err := t.marshal()
	if err != nil {
		return err
	}
	c.store.SetParam(tallyParam, text)
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
		if !e.IsDir() && (extension == checkpoint.JsonNameSuffix || extension == checkpoint.BinDataSuffix) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if whole(path) {
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

// whole tells whether both files of a checkpoint are there and complete.
func whole(path string) bool {
	text, err := os.ReadFile(path + checkpoint.JsonNameSuffix)
	if err != nil {
		return false
	}
	var index struct{ Variables []struct{ Pos, Length int64 } }
	if json.Unmarshal(text, &index) != nil {
		return false
	}
	info, err := os.Stat(path + checkpoint.BinDataSuffix)
	if err != nil {
		return false
	}
	var size int64
	for _, v := range index.Variables {
		size = max(size, v.Pos+v.Length)
	}
	return info.Size() == size
}
