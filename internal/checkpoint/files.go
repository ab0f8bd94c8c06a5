package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// openRegular opens a file for reading. It does not wait for a pipe.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &unusable{path: path, reason: "it is no regular file"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// readAll reads a file of at most so many bytes.
func readAll(path string, largest int64) (text []byte, err error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > largest {
		return nil, &unusable{path: path, reason: fmt.Sprintf("it has %d bytes, want %d at most", size, largest)}
	}
	return io.ReadAll(io.LimitReader(file, largest))
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
