package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// stopped makes a run of a recipe that ends in its tenth step of twelve, with a checkpoint of every step and one kept of
// every epoch.
func stopped(t *testing.T, r recipe.Recipe, keepEvery int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), runlog.Name(r.Method, r.Seed))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Run(ctx, testbackend.GoEngine(t), r, dir, Options{CheckpointEvery: 1, KeepEvery: keepEvery, Progress: func(p Progress) {
		if p.Stage == Training && p.Step == 10 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	return dir
}

// dataFiles are those of the checkpoints that the run goes on from, oldest first.
func dataFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "checkpoint-*.bin"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no checkpoints in %s (%v)", dir, err)
	}
	slices.Sort(files)
	return files
}

// flip changes one bit in the middle of each file, which has no other names afterwards.
func flip(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 4
		if err := errors.Join(os.Remove(path), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// A run whose newest checkpoints are damaged, or are of another run, says so, keeps them aside, and ends with the same
// bits as one that was never interrupted: from the checkpoint before, from a snapshot, or from the start.
func TestResumeFromWhatIsWhole(t *testing.T) {
	r := testrun.Tiny(t, "xsam")
	whole, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{})
	want := traceOf(t, whole)
	tests := []struct {
		name      string
		keepEvery int
		damage    func(t *testing.T, dir string)
		from      string // part of a warning: where it goes on
		aside     int    // files that are kept aside
	}{
		{"the newest is damaged", 0, func(t *testing.T, dir string) {
			flip(t, dataFiles(t, dir)[1])
		}, "from step 9", 3},
		{"the newest is zeros", 0, func(t *testing.T, dir string) {
			newest := dataFiles(t, dir)[1]
			info, err := os.Stat(newest)
			if err == nil {
				err = os.WriteFile(newest, make([]byte, info.Size()), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "from step 9", 3},
		{"all are damaged, with snapshots", 1, func(t *testing.T, dir string) {
			flip(t, dataFiles(t, dir)...)
		}, "from step 8", 6},
		{"all are damaged, and the newest snapshot", 1, func(t *testing.T, dir string) {
			kept, err := filepath.Glob(filepath.Join(runlog.Snapshot(dir, 2), "*.bin"))
			if err != nil || len(kept) != 1 {
				t.Fatal(kept, err)
			}
			flip(t, append(dataFiles(t, dir), kept...)...)
		}, "from step 4", 6},
		{"all are damaged", 0, func(t *testing.T, dir string) {
			flip(t, dataFiles(t, dir)...)
		}, "begins anew", 6},
		{"they are of another seed", 0, func(t *testing.T, dir string) {
			other := r
			other.Seed = 1
			from := runlog.Checkpoints(stopped(t, other, 0))
			if err := errors.Join(os.RemoveAll(runlog.Checkpoints(dir)),
				os.CopyFS(runlog.Checkpoints(dir), os.DirFS(from))); err != nil {
				t.Fatal(err)
			}
		}, "(xsam, seed 1; want xsam, seed 0)", 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := stopped(t, r, tt.keepEvery)
			tt.damage(t, dir)
			var warnings []string
			o := Options{Existing: Resume, KeepEvery: tt.keepEvery, Warn: func(w string) { warnings = append(warnings, w) }}
			if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, o); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(warnings, "\n"); !strings.Contains(all, tt.from) || !strings.Contains(all, dir) {
				t.Errorf("warnings %q, want the files, and %q", warnings, tt.from)
			}
			compareTraces(t, tt.name, traceOf(t, dir), want)
			if aside, err := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "*.damaged")); err != nil ||
				len(aside) != tt.aside {
				t.Errorf("kept aside: %q (%v), want %d files", aside, err, tt.aside)
			}
		})
	}
}

// Checkpoints of earlier versions have no manifest. A run goes on from them, with a warning.
func TestResumeFromACheckpointWithoutManifest(t *testing.T) {
	r := testrun.Tiny(t, "sam")
	whole, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{})
	dir := stopped(t, r, 0)
	old := dataFiles(t, dir)
	for _, file := range old {
		if err := os.Remove(strings.TrimSuffix(file, ".bin") + ".manifest"); err != nil {
			t.Fatal(err)
		}
	}
	var warnings []string
	o := Options{Existing: Resume, Warn: func(w string) { warnings = append(warnings, w) }}
	if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, o); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "no .manifest file") {
		t.Errorf("warnings %q, want one about the manifest", warnings)
	}
	compareTraces(t, "without manifests", traceOf(t, dir), traceOf(t, whole))
	for _, file := range old {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("what --resume did not write it deleted: %v", err)
		}
	}
}

// A checkpoint carries the sums of the run.
func TestCheckpointCarriesSums(t *testing.T) {
	dir, _ := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, "sgd"), Options{})
	run, err := identity(dir)
	if err != nil {
		t.Fatal(err)
	}
	data := dataFiles(t, dir)
	p := sessionProgram(t, testrun.Tiny(t, "sgd"))
	c, warnings, err := openCheckpoints(dir, run, p.Store)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("warnings %q, error %v", warnings, err)
	}
	defer c.close()
	if sum, err := c.sums(); err != nil || sum.Gradients != 12 || !strings.HasPrefix(data[len(data)-1], c.loaded.Path) {
		t.Errorf("sums %+v of %s, %v, want 12 gradients of %s", sum, c.loaded.Path, err, data)
	}
}

// sessionProgram is a program of a recipe as a run begins with it.
func sessionProgram(t *testing.T, r recipe.Recipe) *program.Program {
	t.Helper()
	p, err := newQueue(testbackend.GoEngine(t), []recipe.Recipe{r}, Options{}).program(r)
	if err == nil {
		err = p.Begin(r.Seed)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// identity is that of the run whose config.json is in dir.
func identity(dir string) (recipe.Identity, error) {
	run, err := runlog.ReadRun(dir)
	if err != nil {
		return recipe.Identity{}, err
	}
	return recipe.IdentityOf(run.Raw)
}
