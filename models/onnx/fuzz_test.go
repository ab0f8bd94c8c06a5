package onnx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever is in an ONNX file, reading it ends with a network or with an error that names it.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"bn.onnx", "folded.onnx", "fixed.onnx"} {
		contents, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(contents)
	}
	f.Fuzz(func(t *testing.T, contents []byte) {
		path := filepath.Join(t.TempDir(), "net.onnx")
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one that names the file", err)
		}
	})
}
