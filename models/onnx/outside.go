package onnx

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strconv"
)

// readOutside reads the weights that lie in files beside the ONNX file, as newer versions of PyTorch write them.
func (f *File) readOutside() error {
	files := map[string][]byte{}
	for _, t := range f.initializers {
		if !t.external {
			continue
		}
		name := t.outside["location"]
		if name == "" || !filepath.IsLocal(name) {
			return fmt.Errorf("weight %s lies in %q: want a file in the folder of the ONNX file", t.name, name)
		}
		contents, ok := files[name]
		if !ok {
			var err error
			if contents, err = readRegular(filepath.Join(filepath.Dir(f.path), name), maxBytes); err != nil {
				return fmt.Errorf("its weights are in %s beside it: %w", name, err)
			}
			files[name] = contents
			f.sum = sha256.Sum256(append(f.sum[:], contents...))
		}
		offset, err1 := strconv.Atoi(t.outside["offset"])
		if t.outside["offset"] == "" {
			offset, err1 = 0, nil
		}
		want := t.size() * width(t.dtype)
		if err1 != nil || want < 0 || offset < 0 || offset > len(contents) || want > len(contents)-offset {
			return fmt.Errorf("weight %s of shape %v at %q is not in %s, of %d bytes: it is damaged", t.name, t.dims,
				t.outside["offset"], name, len(contents))
		}
		t.bytes = contents[offset : offset+want]
	}
	return nil
}
