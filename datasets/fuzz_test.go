package datasets

import (
	"strings"
	"testing"
)

// Whatever is in a file of a built-in set, it is read or refused by name.
func FuzzSetFile(f *testing.F) {
	f.Add([]byte("\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02ab"))
	f.Add([]byte("\x00\x00\x08\x01\x00\x00\x00\x02\x01\x02"))
	f.Add(make([]byte, 1+cifarImage))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, contents []byte) {
		const name = "set.bin"
		if plain, err := unpacked(contents, 1<<20); err == nil {
			contents = plain
		}
		_, _, images := parseIDX(name, contents, idxImages)
		_, _, labels := parseIDX(name, contents, idxLabels)
		_, _, cifar := cifar10.parse(name, contents)
		for _, err := range []error{images, labels, cifar} {
			if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("error %v, want one that names the file", err)
			}
		}
	})
}
