// Package regular reads files that may be anything: it does not wait for a pipe, and takes no memory for a sparse file
// of a terabyte. Whoever reads says how large such a file can be. And it writes a file in one piece.
package regular

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// UnfitError is the error of a file that is there, and none to be read.
type UnfitError struct{ Name, Reason string }

func (u *UnfitError) Error() string { return u.Name + " " + u.Reason }

// Check returns an error for a file that is not regular, or larger than so many bytes.
func Check(name string, info fs.FileInfo, most int64) error {
	switch {
	case !info.Mode().IsRegular():
		return &UnfitError{name, "is no regular file"}
	case info.Size() > most:
		return &UnfitError{name, fmt.Sprintf("has %d bytes: want %d at most", info.Size(), most)}
	}
	return nil
}

// Open opens a regular file of at most so many bytes and returns its size. Errors name the file.
func Open(path string, most int64) (file *os.File, size int64, err error) {
	info, err := os.Stat(path)
	if err == nil {
		err = Check(path, info, most)
	}
	if err != nil {
		return nil, 0, err
	}
	file, err = os.Open(path)
	return file, info.Size(), err
}

// Read reads a regular file of at most so many bytes. Errors name the file.
func Read(path string, most int64) ([]byte, error) {
	file, size, err := Open(path, most)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead)) // at once: some files have gigabytes
	_, err = text.ReadFrom(io.LimitReader(file, most))
	return text.Bytes(), err
}

// ReadFS is Read of a file in a file system.
func ReadFS(fsys fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err == nil {
		err = Check(name, info, most)
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(fsys, name)
}
