package experiment

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
)

// Runs of a method share their compiled graphs. A run that comes after others must be the same, bit for bit, as alone.
func TestSharedProgramsLeaveNoTrace(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // XLA's case of the same bits is a run that is interrupted and resumed
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		tests := []struct {
			name    string
			methods []string
			change  func(*recipe.Recipe)
		}{
			{"three methods", []string{"sgd", "xsam", "xsam-lite"}, func(*recipe.Recipe) {}},
			{"Adam's moments", []string{"sam"}, func(r *recipe.Recipe) { r.Optimizer, r.Momentum = "adamw", 0 }},
			{"running averages of batch norm", []string{"xsam"}, func(r *recipe.Recipe) {
				r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs, r.LambdaProducts = "resnet8", 24, 8, 8, 1, 0
			}},
		}
		if b.Name() != "go" {
			tests = tests[:1] // each program is compiled
			tests[0].methods = tests[0].methods[1:2]
		}
		for _, tt := range tests {
			base := testrun.Tiny(t, "sgd")
			tt.change(&base)
			recipes, err := recipe.Plan(base, tt.methods, map[string]string{"refresh-every": "3", "warmup-refreshes": "2"}, 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			out := t.TempDir()
			if _, err := RunAll(context.Background(), engine, recipes, recipe.Dirs(out, recipes), Options{}); err != nil {
				t.Fatal(err)
			}
			dirs := recipe.Dirs(out, recipes)
			for i := len(tt.methods); i < len(recipes); i++ {
				alone, _ := testrun.Make(t, Run, engine, recipes[i], Options{})
				compareTraces(t, tt.name+": "+filepath.Base(dirs[i]), traceOf(t, dirs[i]), traceOf(t, alone))
			}
		}
	})
}

// A run is resumed between others, in a program that has served already.
func TestResumeInASharedProgram(t *testing.T) {
	engine := testbackend.GoEngine(t)
	recipes, err := recipe.Plan(testrun.Tiny(t, "sgd"), []string{"xsam"}, nil, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, broken := t.TempDir(), t.TempDir()
	if _, err := RunAll(context.Background(), engine, recipes, recipe.Dirs(whole, recipes), Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := RunAll(ctx, engine, recipes[1:2], recipe.Dirs(broken, recipes[1:2]), Options{Progress: func(p Progress) {
		if p.Stage == Training && p.Step == 6 {
			cancel()
		}
	}}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	runs, err := RunAll(context.Background(), engine, recipes, recipe.Dirs(broken, recipes), Options{Existing: Resume})
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, error %v, want 3", len(runs), err)
	}
	for i, dir := range recipe.Dirs(broken, recipes) {
		compareTraces(t, filepath.Base(dir), traceOf(t, dir), traceOf(t, recipe.Dirs(whole, recipes)[i]))
	}
}

func TestRunAllStopsBetweenRuns(t *testing.T) {
	recipes, err := recipe.Plan(testrun.Tiny(t, "sgd"), []string{"sgd", "sam"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o := Options{Progress: func(p Progress) {
		if p.Stage == Finished {
			cancel()
		}
	}}
	runs, err := RunAll(ctx, testbackend.GoEngine(t), recipes, recipe.Dirs(t.TempDir(), recipes), o)
	if !errors.Is(err, context.Canceled) || len(runs) != 1 || !runs[0].Finished {
		t.Errorf("%d runs, error %v, want the first run finished and context.Canceled", len(runs), err)
	}
}
