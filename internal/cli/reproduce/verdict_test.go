package reproduce

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/runlog"
)

// Runs that cannot be judged together are named, with what differs, and in words of the recipe.
func TestVerdictOnDifferentExperiments(t *testing.T) {
	dir := t.TempDir()
	for name, config := range map[string]map[string]any{
		"sam-seed0":  {"method": "sam", "data": "glyphs", "epochs": 5, "train_size": 500},
		"xsam-seed0": {"method": "xsam", "data": "glyphs", "epochs": 40, "train_size": 1000, "data_hash": "c0ffee"},
	} {
		if err := runlog.WriteConfig(filepath.Join(dir, name), config); err != nil {
			t.Fatal(err)
		}
	}
	_, stderr, code := xsam.Run("reproduce", "verdict", dir)
	want := "are of different experiments: data hash none and c0ffee, epochs 5 and 40, train size 500 and 1000: " +
		"judge one at a time, each in a folder of its own\n"
	if code != exit.Failed || !strings.HasSuffix(stderr, want) || strings.Contains(stderr, "did you mean") {
		t.Errorf("exit %d, %q, want one that ends with %q", code, stderr, want)
	}
	file := filepath.Join(dir, "sam-seed0", runlog.ConfigFile)
	if _, stderr, _ := xsam.Run("reproduce", "verdict", file); !strings.Contains(stderr, "is a file: want a folder") {
		t.Errorf("%q, want that it is a file", stderr)
	}
}

// Trials of a search, each of other settings under one seed, are not judged.
func TestVerdictOnTrials(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tune")
	for _, method := range []string{"sam", "xsam"} {
		if err := runlog.WriteConfig(filepath.Join(dir, method+"-trial0"), map[string]any{"method": method}); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, code := xsam.Run("reproduce", "verdict", dir); code != exit.Failed || !strings.Contains(stderr,
		"holds the trials of a search") {
		t.Errorf("exit %d, %q, want that these are trials", code, stderr)
	}
}
