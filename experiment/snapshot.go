package experiment

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

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
		if err := linkOrCopy(filepath.Join(from, f.Name()), filepath.Join(unfinished, f.Name())); err != nil {
			return err
		}
	}
	return os.Rename(unfinished, to)
}

// linkOrCopy gives a file a second name, or makes a copy where the file system knows no second names. Checkpoints are
// written anew under new names and never changed.
func linkOrCopy(from, to string) error {
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
