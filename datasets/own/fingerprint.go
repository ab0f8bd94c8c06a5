package own

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/regular"
)

// Fingerprint names the contents of the source under dir: 32 hexadecimal digits of the SHA-256 of all its files with
// their names. Files are read a piece at a time.
func (s Source) Fingerprint(dir string) (string, error) {
	path := s.under(dir)
	files, err := s.kind().files(path)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, file := range files {
		name, err := filepath.Rel(path, file)
		if err != nil {
			name = filepath.Base(file)
		}
		if err := addFile(hash, filepath.ToSlash(name), file); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// addFile writes name, size and contents of a file, so that no two lists of files are the same bytes.
func addFile(w io.Writer, name, path string) error {
	file, size, err := regular.Open(path, math.MaxInt64)
	if err != nil {
		return fmt.Errorf("datasets: %w", err)
	}
	defer file.Close()
	fmt.Fprintf(w, "%q %d\n", name, size)
	if _, err := io.Copy(w, file); err != nil {
		return fmt.Errorf("datasets: reading %s: %w", path, err)
	}
	return nil
}
