package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/runlog"
)

// saved writes a checkpoint with one variable and returns its folder and the path of its files without extension.
func saved(t *testing.T) (dir, path string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), runlog.CheckpointDir)
	store := model.NewStore()
	store.VariableWithValue("/w", []float32{1, 2, 3})
	c, _, err := openCheckpoints(dir, store)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // each replaces the one before
		if err := c.save(sums{Gradients: 42}); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("checkpoints %v (%v), want one", files, err)
	}
	return dir, strings.TrimSuffix(files[0], ".json")
}

func TestCheckpointCarriesVariablesAndSums(t *testing.T) {
	dir, _ := saved(t)
	store := model.NewStore()
	c, warnings, err := openCheckpoints(dir, store)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("warnings %q, error %v", warnings, err)
	}
	sum, err := c.sums()
	if err != nil || sum.Gradients != 42 {
		t.Errorf("sums %+v, %v, want 42 gradients", sum, err)
	}
	w := store.GetVariable("/w")
	if w == nil {
		t.Fatal("the variable is not restored")
	}
	if got := w.MustValue().Value().([]float32); got[2] != 3 {
		t.Errorf("w = %v, want 1 2 3", got)
	}
}

// A run may be killed while it saves: in every such state the checkpoint before must be found.
func TestBrokenCheckpointsAreDeleted(t *testing.T) {
	const newer = "checkpoint-n0000009-20990101-000000-step-00000099" // sorts after the whole one
	write := func(t *testing.T, path string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir, path string)
	}{
		{"index created, not written", func(t *testing.T, dir, path string) {
			write(t, filepath.Join(dir, newer+".json"), nil)
			write(t, filepath.Join(dir, newer+".bin"), []byte{1})
		}},
		{"no index", func(t *testing.T, dir, path string) { write(t, filepath.Join(dir, newer+".bin"), []byte{1}) }},
		{"no data", func(t *testing.T, dir, path string) {
			index, err := os.ReadFile(path + ".json")
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, newer+".json"), index)
		}},
		{"data cut short", func(t *testing.T, dir, path string) {
			index, err := os.ReadFile(path + ".json")
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, newer+".json"), index)
			write(t, filepath.Join(dir, newer+".bin"), make([]byte, 11)) // three float32 are 12
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, path := saved(t)
			tt.spoil(t, dir, path)
			store := model.NewStore()
			c, warnings, err := openCheckpoints(dir, store)
			if err != nil || len(warnings) != 1 {
				t.Fatalf("warnings %q, error %v, want one warning", warnings, err)
			}
			if sum, err := c.sums(); err != nil || sum.Gradients != 42 {
				t.Errorf("sums %+v, %v, want that of the whole checkpoint", sum, err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, newer+"*")); len(left) > 0 {
				t.Errorf("%v is left behind", left)
			}
		})
	}
}
