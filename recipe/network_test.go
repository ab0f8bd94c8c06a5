package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A network's file is found from the working folder, cut into folder and name, and known by its contents.
func TestLocateNetwork(t *testing.T) {
	text, err := os.ReadFile("../models/onnx/testdata/cnn.onnx")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "net.onnx")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	r := recipe(t)
	r.Model = "onnx:net.onnx"
	if err := r.Locate(); err != nil {
		t.Fatal(err)
	}
	if r.Model != "onnx:net.onnx" || r.ModelPath() != path || len(r.ModelHash) != 32 || r.ModelTitle() != "net" {
		t.Errorf("model %s at %s, %s, titled %s", r.Model, r.ModelPath(), r.ModelHash, r.ModelTitle())
	}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	moved := r
	moved.ModelDir = "/elsewhere"
	if changed := Differences(r, moved); len(changed) > 0 {
		t.Errorf("a folder is a difference: %v", changed)
	}
	moved.ModelHash = "other"
	if changed := Differences(r, moved); len(changed) != 1 {
		t.Errorf("differences %v, want that of the contents", changed)
	}
	r.Weights = "safetensors:none"
	if err := r.Locate(); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("weights that are not there: %v", err)
	}
}
