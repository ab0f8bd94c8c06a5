package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// KeepSnapshot gives the files of a checkpoint of a run, path without extension, second names in a folder of their own,
// where later checkpoints do not replace them. The folder appears in one piece: it is filled under another name first.
// A folder that is there and holds the same step of the run is left as it is; any other is moved aside.
func KeepSnapshot(path, folder string, run recipe.Identity, step int64) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("checkpoint: keeping a snapshot: %w", err)
		}
	}()
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		old, _, err := Newest(folder, run, model.NewStore())
		if err == nil && old != nil && old.Step == step && !old.Unsigned {
			return old.Close()
		}
		if old != nil {
			err = errors.Join(err, old.Close())
		}
		if err = errors.Join(err, os.Rename(folder, Aside(folder))); err != nil {
			return err
		}
	}
	unfinished := folder + ".tmp"
	if err := errors.Join(os.RemoveAll(unfinished), runlog.MakeDir(unfinished)); err != nil {
		return err
	}
	for _, suffix := range allSuffixes {
		if err := linkOrCopy(path+suffix, filepath.Join(unfinished, filepath.Base(path)+suffix)); err != nil {
			return err
		}
	}
	if err := runlog.SyncDir(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, folder); err != nil {
		return err
	}
	return runlog.SyncDir(filepath.Dir(folder))
}
