package experiment

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/runlog"
)

// A run of three epochs that keeps every second one has a snapshot of the second, which holds the weights of step 8 though
// the run went on.
func TestSnapshotsAreKept(t *testing.T) {
	dir, _ := mustRun(t, goEngine(t), tiny(t, "sam"), Options{KeepEvery: 2})
	entries, err := os.ReadDir(filepath.Join(dir, runlog.SnapshotDir))
	if err != nil || len(entries) != 1 || entries[0].Name() != "epoch-0002" {
		t.Fatalf("snapshots %v (%v), want epoch-0002 alone", entries, err)
	}
	for folder, want := range map[string]int64{runlog.Snapshot(dir, 2): 8, runlog.Checkpoints(dir): 12} {
		store := model.NewStore()
		c, warnings, err := openCheckpoints(folder, store)
		if err != nil || len(warnings) > 0 {
			t.Fatalf("%s: warnings %q, error %v", folder, warnings, err)
		}
		if got := optimizer.GetGlobalStep(store); got != want {
			t.Errorf("%s holds step %d, want %d", folder, got, want)
		}
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}
}

// Keeping snapshots changes no bit of the run.
func TestSnapshotsChangeNothing(t *testing.T) {
	plain, _ := mustRun(t, goEngine(t), tiny(t, "xsam"), Options{})
	kept, _ := mustRun(t, goEngine(t), tiny(t, "xsam"), Options{KeepEvery: 1})
	compareTraces(t, "a run with snapshots", traceOf(t, kept), traceOf(t, plain))
}

// Where a file cannot have a second name, it is copied.
func TestLinkOrCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte("older and longer"), 0o644); err != nil { // so that os.Link fails
		t.Fatal(err)
	}
	if err := linkOrCopy(from, to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); err != nil || !slices.Equal(text, []byte("weights")) {
		t.Errorf("%q (%v), want the copy", text, err)
	}
}
