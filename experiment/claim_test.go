package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// While a run is made in a directory no other is: whatever it is told to do with what is there, it is refused, says by
// whom, and leaves the run's record as if it had never come.
func TestTwoRunsInOneDirectory(t *testing.T) {
	r := testrun.Tiny(t, "sam")
	whole, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{})
	other := testrun.Tiny(t, "sgd")
	dir := filepath.Join(t.TempDir(), "run")
	var tried []error
	_, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, Options{CheckpointEvery: 1, Progress: func(p Progress) {
		if p.Stage != Training || p.Step != 6 || len(tried) > 0 {
			return
		}
		for _, existing := range []Existing{Refuse, Resume, Overwrite} {
			for _, recipe := range []recipe.Recipe{r, other} {
				_, err := Run(context.Background(), testbackend.GoEngine(t), recipe, dir, Options{Existing: existing})
				tried = append(tried, err)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range tried {
		if !errors.Is(err, runlog.ErrClaimed) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "process") {
			t.Errorf("attempt %d: %v, want ErrClaimed with the directory and the process", i, err)
		}
	}
	compareTraces(t, "beside others that were refused", traceOf(t, dir), traceOf(t, whole))
	if left, _ := filepath.Glob(filepath.Join(dir, "claim*")); len(left) > 0 {
		t.Errorf("%v is left of a run that has ended", left)
	}
}

// A run whose claim was taken over, for it stood still too long, ends and writes nothing any more.
func TestARunThatLostItsClaimWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	claim := filepath.Join(dir, runlog.ClaimFile)
	var before []string
	_, err := Run(context.Background(), testbackend.GoEngine(t), testrun.Tiny(t, "sgd"), dir, Options{CheckpointEvery: 1, Progress: func(p Progress) {
		if p.Stage == Training && p.Step == 6 {
			if err := errors.Join(os.Rename(claim, claim+".old"), os.WriteFile(claim, []byte("{}"), 0o644)); err != nil {
				t.Error(err)
			}
			before = contentsOf(t, dir)
		}
	}})
	if !errors.Is(err, runlog.ErrClaimed) || !strings.Contains(err.Error(), "taken over") {
		t.Errorf("error %v, want ErrClaimed", err)
	}
	if after := contentsOf(t, dir); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("afterwards there is\n%q, want\n%q", after, before)
	}
}

// contentsOf are the files under a folder with their contents.
func contentsOf(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, path+" "+string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A directory that holds parts of a run and no config.json is left alone, unless it is to be overwritten; and a run that
// cannot be made leaves no directory.
func TestDirectoriesThatAreNoRuns(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{KeepEvery: 1})
	if err := os.Remove(filepath.Join(dir, runlog.ConfigFile)); err != nil {
		t.Fatal(err)
	}
	before := contentsOf(t, dir)
	for _, existing := range []Existing{Refuse, Resume} {
		if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, Options{Existing: existing}); !errors.Is(err, ErrExists) ||
			!strings.Contains(err.Error(), "snapshots") {
			t.Errorf("%v: error %v, want ErrExists that names what is there", existing, err)
		}
	}
	if after := contentsOf(t, dir); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("afterwards there are other files: %d, want %d", len(after), len(before))
	}
	if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, Options{Existing: Overwrite}); err != nil {
		t.Errorf("overwriting: %v", err)
	}
	r.Data, r.DataDir = "digits", t.TempDir()
	none := filepath.Join(t.TempDir(), "none")
	if _, err := Run(context.Background(), testbackend.GoEngine(t), r, none, Options{}); err == nil {
		t.Error("a run without data ended")
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("a run that could not be made has left a directory")
	}
}
