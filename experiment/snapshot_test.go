package experiment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/checkpoint"
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
	run, err := identity(dir)
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int64{runlog.Snapshot(dir, 2): 8, runlog.Checkpoints(dir): 12} {
		c, refused, err := checkpoint.Newest(folder, run, model.NewStore())
		if err != nil || len(refused) > 0 || c == nil {
			t.Fatalf("%s: refused %v, error %v", folder, refused, err)
		}
		if c.Step != want {
			t.Errorf("%s holds step %d, want %d", folder, c.Step, want)
		}
		if err := c.Close(); err != nil {
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
