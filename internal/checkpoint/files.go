package checkpoint

import (
	"errors"
	"io"
	"os"

	"github.com/xsam-go/xsam/internal/regular"
)

// readAll reads a file of at most so many bytes.
func readAll(path string, largest int64) (text []byte, err error) {
	text, err = regular.Read(path, largest)
	return text, unfit(err)
}

// unfit makes the error of a file that is there, and none to be read, that of a checkpoint that is not used.
func unfit(err error) error {
	if u, ok := errors.AsType[*regular.UnfitError](err); ok {
		return &unusable{path: u.Name, reason: "it " + u.Reason}
	}
	return err
}

// linkOrCopy gives a file a second name, or makes a durable copy where the file system knows no second names.
// Checkpoints are written anew under new names and never changed.
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
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
