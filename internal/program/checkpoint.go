package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Load puts weights, running averages and, where there are any, Adam's moments of the newest whole checkpoint of a
// folder into the store, and returns the number of updates that led there. "" stands for the weights that the recipe's
// seed draws. Nothing is written to the folder.
func (p *Program) Load(folder string) (step int64, err error) {
	if err := p.draw(p.recipe.Seed); err != nil || folder == "" {
		return 0, err
	}
	saved, err := readCheckpoint(folder)
	if err != nil {
		return 0, err
	}
	defer saved.Finalize()
	moments := model.JoinPath(model.RootScopePath, optimizer.AdamDefaultScope) + model.ScopeSeparator
	for v := range saved.IterVariables() {
		known := p.Store.GetVariable(v.Path())
		if known == nil && !strings.HasPrefix(v.Path(), moments) {
			continue
		}
		value, err := v.Value()
		if err == nil && known != nil && !known.Shape().Equal(v.Shape()) {
			err = fmt.Errorf("program: the checkpoint under %s has %s of shape %s: want %s, as the recipe's model has it",
				folder, v.Path(), v.Shape(), known.Shape())
		}
		if err == nil {
			err = p.put(v.Path(), value, false)
		}
		if err != nil {
			return 0, err
		}
	}
	for v := range p.Store.IterVariables() {
		if v.Trainable && saved.GetVariable(v.Path()) == nil {
			return 0, fmt.Errorf("program: the checkpoint under %s has no %s: want all weights of the recipe's model", folder,
				v.Path())
		}
	}
	return optimizer.GetGlobalStep(saved), nil
}

// readCheckpoint reads the newest whole checkpoint of a folder into a store of its own. It reads from copies, so that a
// run that is going on may replace the files meanwhile.
func readCheckpoint(folder string) (store *model.Store, err error) {
	indexes, err := filepath.Glob(filepath.Join(folder, "*"+checkpoint.JsonNameSuffix))
	if err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	slices.Sort(indexes) // by number, then time
	slices.Reverse(indexes)
	at := slices.IndexFunc(indexes, func(index string) bool {
		return WholeCheckpoint(strings.TrimSuffix(index, checkpoint.JsonNameSuffix))
	})
	if at < 0 {
		return nil, fmt.Errorf("program: no whole checkpoint under %s: want the one that xsam train or compare leaves "+
			"there; "+
			"train with --resume or again", folder)
	}
	private, err := os.MkdirTemp("", "xsam-checkpoint")
	if err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	base := strings.TrimSuffix(indexes[at], checkpoint.JsonNameSuffix)
	for _, extension := range []string{checkpoint.JsonNameSuffix, checkpoint.BinDataSuffix} {
		if err := LinkOrCopy(base+extension, filepath.Join(private, filepath.Base(base)+extension)); err != nil {
			return nil, fmt.Errorf("program: reading the checkpoint under %s: %w", folder, err)
		}
	}
	store = model.NewStore()
	if _, err := checkpoint.Load(store).Dir(private).Immediate().Done(); err != nil {
		store.Finalize()
		return nil, fmt.Errorf("program: the checkpoint under %s: %w", folder, err)
	}
	return store, nil
}

// WholeCheckpoint tells whether both files of a checkpoint, path without extension, are there and complete.
func WholeCheckpoint(path string) bool {
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

// LinkOrCopy gives a file a second name, or makes a copy where the file system knows no second names. Checkpoints are
// written anew under new names and never changed.
func LinkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
