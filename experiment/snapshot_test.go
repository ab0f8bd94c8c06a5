package experiment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/runlog"
)

// A run of three epochs that keeps every second one has a snapshot of the second, which holds the weights of step 8
// though the run went on.
func TestSnapshotsAreKept(t *testing.T) {
	dir, _ := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, "sam"), Options{KeepEvery: 2})
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
	plain, _ := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, "xsam"), Options{})
	kept, _ := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, "xsam"), Options{KeepEvery: 1})
	compareTraces(t, "a run with snapshots", traceOf(t, kept), traceOf(t, plain))
}
