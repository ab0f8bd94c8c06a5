package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/xsam-go/xsam/internal/regular"
)

// replace puts content at path atomically and durably.
func replace(path string, content []byte) error {
	if err := regular.Replace(path, content); err != nil {
		return fmt.Errorf("runlog: cannot write %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
}

// MakeDir makes a folder, and those above it that are missing, durably.
func MakeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := MakeDir(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("runlog: cannot make a folder: %w", err)
	}
	return SyncDir(above)
}

// SyncDir makes the names in a folder durable: those of files that were created or renamed there. File systems that
// cannot do this for a folder do it by themselves, and of a folder that may not be read it is not asked.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	err = d.Sync()
	d.Close()
	if err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) &&
		!errors.Is(err, fs.ErrPermission) { // Windows and some network file systems say so
		return fmt.Errorf("runlog: %w", err)
	}
	return nil
}
