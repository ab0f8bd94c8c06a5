package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// poisoned makes a run in whose weights NaN gets in each time that after of its steps are done, as if the update had led
// there, and interrupts it after stop steps, if that is above 0.
func poisoned(t *testing.T, r recipe.Recipe, dir string, o Options, after map[int]bool, stop int) (runlog.Summary, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o.Warn = func(string) {}
	o.Progress = func(p Progress) {
		if p.Stage == Training && p.Step == stop {
			cancel()
		}
	}
	s := opened(t, r, dir, o)
	defer s.end()
	s.feed.Handing = func() {
		if !after[s.done()] {
			return
		}
		for v := range s.Store.IterVariables() {
			if v.Trainable {
				value := v.MustValue()
				if err := value.MutableFlatData(func(flat any) { flat.([]float32)[0] = float32(math.NaN()) }); err != nil {
					t.Error(err)
				}
			}
		}
	}
	return s.run(ctx)
}

// openSession is a run that has been opened, and end ends it.
type openSession struct {
	*session
	end func()
}

// opened opens a run in dir as a queue does.
func opened(t *testing.T, r recipe.Recipe, dir string, o Options) openSession {
	t.Helper()
	q := newQueue(testbackend.GoEngine(t), []recipe.Recipe{r}, o)
	p, err := q.program(r)
	if err != nil {
		t.Fatal(err)
	}
	s := q.session(p, 0, dir)
	if err := errors.Join(s.claim(), q.prepare(r, dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.open(); err != nil {
		t.Fatal(err)
	}
	return openSession{s, func() {
		if err := errors.Join(s.close(), q.giveBack(p, 0, false)); err != nil {
			t.Error(err)
		}
	}}
}

// A run of which λmax cannot be measured is finished without it, and its record says why.
func TestLambdaThatCannotBeMeasured(t *testing.T) {
	var warnings []string
	o := Options{Progress: func(Progress) {}, Warn: func(w string) { warnings = append(warnings, w) }}
	s := opened(t, testrun.Tiny(t, "sgd"), filepath.Join(t.TempDir(), "run"), o)
	defer s.end()
	s.recipe.LambdaTolerance = -1
	summary, err := s.run(context.Background())
	if err != nil || !summary.Finished || summary.LambdaMax.Known() || len(warnings) != 1 ||
		!strings.HasPrefix(summary.LambdaStop, runlog.StopNotMeasured) {
		t.Errorf("summary %+v, error %v, warnings %q, want it finished, without λmax and with the reason", summary, err, warnings)
	}
}

// What a run does when its weights are not finite: skip loses one update, rollback those since the end of the epoch, and
// the run has the same bits however it was interrupted.
func TestOnNonfinite(t *testing.T) {
	tests := []struct {
		what   OnNonfinite
		after  map[int]bool // of twelve steps, four an epoch
		undone int
	}{
		{Skip, map[int]bool{5: true}, 1},
		{Skip, map[int]bool{0: true}, 1},
		{Skip, map[int]bool{2: true, 3: true, 11: true}, 3},
		{Rollback, map[int]bool{6: true}, 3},          // found in step 7, back to 4
		{Rollback, map[int]bool{1: true, 9: true}, 4}, // back to the start from 2, and from 10 to 8
		{Rollback, map[int]bool{5: true, 6: true}, 3}, // from 6 to 4, which undoes 2, and from 7, which undoes 1 more
	}
	stops := []int{5, 6, 8, 10}
	if testing.Short() {
		stops = stops[1:2]
	}
	for _, tt := range tests {
		for _, method := range []string{"sgd", "xsam"} {
			r := testrun.Tiny(t, method)
			o := Options{OnNonfinite: tt.what, Existing: Resume}
			whole := filepath.Join(t.TempDir(), "run")
			summary, err := poisoned(t, r, whole, o, tt.after, 0)
			if err != nil || !summary.Finished || summary.UndoneUpdates != tt.undone || summary.Steps != 12 ||
				!summary.TrainLoss.Known() || !summary.LambdaMax.Known() {
				t.Fatalf("%s, %s after %v: summary %+v, error %v, want 12 steps, %d updates undone", method, tt.what, tt.after,
					summary, err, tt.undone)
			}
			want := traceOf(t, whole)
			for _, stop := range stops {
				dir := filepath.Join(t.TempDir(), "run")
				if _, err := poisoned(t, r, dir, o, tt.after, stop); !errors.Is(err, context.Canceled) {
					t.Fatalf("%s, %s: stopped after %d: %v", method, tt.what, stop, err)
				}
				if _, err := poisoned(t, r, dir, o, tt.after, 0); err != nil {
					t.Fatalf("%s, %s: resumed after %d: %v", method, tt.what, stop, err)
				}
				compareTraces(t, method+", "+string(tt.what)+", resumed", traceOf(t, dir), want)
			}
		}
	}
}

// Where nothing can be mended a run ends as one that diverged, and leaves no checkpoint that is not finite.
func TestOnNonfiniteGivesUp(t *testing.T) {
	always := map[int]bool{}
	for i := range 12 {
		always[i] = true
	}
	for _, what := range []OnNonfinite{Stop, Skip, Rollback} {
		dir := filepath.Join(t.TempDir(), "run")
		summary, err := poisoned(t, testrun.Tiny(t, "xsam"), dir, Options{OnNonfinite: what, CheckpointEvery: 1}, always, 0)
		if !errors.Is(err, ErrDiverged) || !summary.Diverged || summary.Finished || !strings.Contains(err.Error(), "--alpha") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: summary %+v, error %v, want one line of ErrDiverged with what to try", what, summary, err)
		}
		if saved, _ := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "*.bin")); what == Stop && len(saved) > 0 {
			t.Errorf("checkpoints %v of weights that are not finite", saved)
		}
		run, err := runlog.ReadRun(dir)
		if err != nil || !run.Summary.Diverged {
			t.Errorf("%s: the record is %+v (%v), want that it diverged", what, run, err)
		}
	}
}

// The update of the last step leads to weights of which no loss is finite: the run diverged, the others are made, also
// when it is resumed, and --on-nonfinite makes it go on.
func TestDivergenceInTheLastStep(t *testing.T) {
	wild := testrun.Tiny(t, "sam")
	wild.TrainSize, wild.LearningRate, wild.Epochs = 16, 1e30, 1 // one step
	tame := testrun.Tiny(t, "sgd")
	recipes, out := []recipe.Recipe{wild, tame}, t.TempDir()
	dirs := recipe.Dirs(out, recipes)
	for _, existing := range []Existing{Refuse, Resume} {
		runs, err := RunAll(context.Background(), testbackend.GoEngine(t), recipes, dirs, Options{Existing: existing})
		if err != nil || len(runs) != 2 || !runs[0].Diverged || runs[0].Finished || !runs[1].Finished ||
			!strings.Contains(runs[0].Stopped, "not finite at step 1") {
			t.Errorf("%v: %+v, error %v, want the first diverged, the second finished", existing, runs, err)
		}
	}
	_, err := Run(context.Background(), testbackend.GoEngine(t), wild, dirs[0], Options{Existing: Resume})
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "--lr, 1e+30 now") ||
		!strings.Contains(err.Error(), "--rho, 0.05 now") {
		t.Errorf("resumed alone: %v, want ErrDiverged and what to try", err)
	}
	s, err := Run(context.Background(), testbackend.GoEngine(t), wild, dirs[0], Options{Existing: Resume, OnNonfinite: Skip})
	if err != nil || !s.Finished || s.UndoneUpdates != 1 {
		t.Errorf("resumed with skip: %+v, error %v, want it finished with one update undone", s, err)
	}
}

func TestOnNonfiniteIsChecked(t *testing.T) {
	for want, o := range map[string]Options{
		"want one of stop, skip, rollback": {OnNonfinite: "hope"},
		"want one device":                  {OnNonfinite: Skip, Devices: 2},
	} {
		if _, err := Run(context.Background(), testbackend.GoEngine(t), testrun.Tiny(t, "sgd"), t.TempDir(), o); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
