package download

import (
	"errors"
	"os"
)

// Size is the number of bytes of a file, 0 when there is no such file.
func Size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// HasSize tells whether path is there with exactly this many bytes.
func HasSize(path string, size int64) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// Sync makes sure that a file's bytes are on disk before its name says that it is whole.
func Sync(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = file.Sync()
	return errors.Join(err, file.Close())
}
