package datasets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xsam-go/xsam/internal/regular"
)

// again is what to do about a file that is not what it should be.
const again = "download it again"

// folders lists where the files of a set may lie: in the given subfolders of dir, then in dir itself.
func folders(dir string, subfolders []string) []string {
	var all []string
	for _, sub := range subfolders {
		all = append(all, filepath.Join(dir, sub))
	}
	return append(all, dir)
}

// findFiles returns the files in folder whose names match any of the patterns, with ".gz" behind or not, in the order
// of the patterns and then of the names. Of a file that is there both compressed and not, it takes the one that is
// not.
func findFiles(folder string, patterns ...string) []string {
	var found []string
	taken := map[string]bool{}
	for _, pattern := range patterns {
		for _, end := range []string{"", ".gz"} {
			paths, _ := filepath.Glob(filepath.Join(folder, pattern+end))
			for _, path := range paths {
				name := strings.TrimSuffix(path, ".gz")
				if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || taken[name] {
					continue
				}
				taken[name] = true
				found = append(found, path)
			}
		}
	}
	return found
}

// largestFile is above the size of every file of the sets, as stored and unpacked. CIFAR's archives have 170 MB.
const largestFile = 256 << 20

// readFile returns the contents of a file, unpacked if it is compressed with gzip, whatever its name says. A file that
// is, or unpacks to, more than any of the sets holds is an error.
func readFile(path string) ([]byte, error) {
	stored, err := regular.Read(path, largestFile)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	if !bytes.HasPrefix(stored, []byte{0x1f, 0x8b}) {
		return stored, nil
	}
	contents, err := unpacked(stored, largestFile)
	if err != nil {
		return nil, fmt.Errorf("datasets: %s (%d bytes) is cut short or damaged (%w): %s", path, len(stored), err, again)
	}
	return contents, nil
}

// unpacked is what packed bytes stand for. Their end says how many these are, modulo 2³².
func unpacked(stored []byte, most int64) ([]byte, error) {
	unpack, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	claimed := int64(binary.LittleEndian.Uint32(stored[len(stored)-4:]))
	if claimed > most {
		return nil, fmt.Errorf("it claims %d bytes, unpacked: want %d at most", claimed, most)
	}
	var contents bytes.Buffer
	contents.Grow(int(claimed) + bytes.MinRead)
	if _, err := contents.ReadFrom(io.LimitReader(unpack, most+1)); err != nil {
		return nil, err
	}
	if int64(contents.Len()) > most {
		return nil, fmt.Errorf("it goes on after %d bytes, unpacked", most)
	}
	return contents.Bytes(), nil
}

// missing says where the files of a set were looked for.
func missing(name, dir string, looked []string, want string) error {
	if dir == "" {
		return fmt.Errorf("datasets: %s is read from files: give the folder that holds %s (--data-dir, Options.Dir)", name,
			want)
	}
	return fmt.Errorf("datasets: %s: no %s in %s: give the folder that holds them (--data-dir, Options.Dir)",
		name, want, strings.Join(looked, ", "))
}

// checkLabels refuses a label that names no class.
func checkLabels(path string, labels []uint8, classes int) error {
	for row, label := range labels {
		if int(label) >= classes {
			return fmt.Errorf("datasets: %s has label %d in row %d, want 0 to %d: %s", path, label, row, classes-1, again)
		}
	}
	return nil
}
