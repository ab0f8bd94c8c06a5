package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// tinyRecords are the records of a run of testrun.Tiny, and of the tiny study: see kindsOf.
var tinyRecords = []string{"train  1", "train  2", "eval train 2", "eval test 2", "train  3", "eval train 3",
	"eval test 3", "curvature train 3"}

// kindsOf names records by kind, set and epoch.
func kindsOf(records []runlog.Record) (kinds []string) {
	for _, r := range records {
		kinds = append(kinds, string(r.Kind)+" "+r.Split+" "+r.Epoch.String())
	}
	return kinds
}

func TestRunLeavesACompleteRecord(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		var stages []Stage
		dir, summary := testrun.Make(t, Run, engine, testrun.Tiny(t, "xsam"), Options{Progress: func(p Progress) {
			if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
				stages = append(stages, p.Stage)
			}
		}})
		run, err := runlog.ReadRun(dir)
		if err != nil || len(run.Problems) > 0 {
			t.Fatalf("ReadRun: %+v, error %v", run, err)
		}
		if run.Summary != summary {
			t.Errorf("summary.json is %+v, want what Run returned, %+v", run.Summary, summary)
		}
		if kinds := kindsOf(run.Records); !slices.Equal(kinds, tinyRecords) {
			t.Errorf("records %q, want %q", kinds, tinyRecords)
		}
		if want := []Stage{Preparing, Training, Evaluating, Training, Evaluating, Measuring,
			Finished}; !slices.Equal(stages, want) {
			t.Errorf("stages %v, want %v", stages, want)
		}
		// 256·128 + 128 + 128·128 + 128 + 128·10 + 10 parameters. Steps 0, 1, 3, 6, 9 are pairs, the others ascents: 24
		// gradients.
		if summary.Parameters != 50698 || summary.Steps != 12 || summary.Epochs.Float() != 3 || !summary.Finished {
			t.Errorf("summary %+v, want 50698 parameters, 12 steps, 3 epochs, finished", summary)
		}
		if got := run.Records[4].GradientEvaluations.Float(); got != 24 || summary.GradientEvaluationsPerStep.Float() != 2 {
			t.Errorf("%v gradients, %v a step, want 24, 2", got, summary.GradientEvaluationsPerStep)
		}
		last := run.Records[6]
		if summary.TestLoss != last.Loss || summary.TestAccuracy != last.Accuracy {
			t.Errorf("test loss and accuracy %v, %v, want those of the last evaluation, %v, %v", summary.TestLoss,
				summary.TestAccuracy, last.Loss, last.Accuracy)
		}
		if hits := summary.TestAccuracy.Float() * 30; math.Abs(hits-math.Round(hits)) > 1e-9 {
			t.Errorf("test accuracy %v of 30 images: want a whole number of them", summary.TestAccuracy)
		}
		if !(summary.LambdaMax.Float() > 0) || summary.LambdaStop != runlog.StopResidual ||
			!(summary.LambdaResidual.Float() <= 1e-2) ||
			summary.LambdaExamples != 32 || !(summary.AngleDeg.Float() >= 0 && summary.AngleDeg.Float() <= 90) {
			t.Errorf("summary %+v: want λmax > 0 with a residual of at most 1e-2 on 32 examples, and an angle from 0 to 90",
				summary)
		}
		if !(summary.StepSecondsMedian.Float() > 0 && summary.StepSecondsMedian.Float() < summary.WallSeconds.Float()) {
			t.Errorf("a step takes %v s of %v s", summary.StepSecondsMedian, summary.WallSeconds)
		}
		config, err := recipe.Read(run)
		if err != nil || !reflect.DeepEqual(config.Recipe, testrun.Tiny(t, "xsam")) || config.Backend != b.Name() {
			t.Errorf("config.json holds %+v (%v), want the recipe and the backend", config, err)
		}
	})
}

func TestDivergence(t *testing.T) {
	engine := testbackend.GoEngine(t)
	wild := testrun.Tiny(t, "sgd")
	wild.LearningRate = 1e30
	tame := testrun.Tiny(t, "sam")
	out := t.TempDir()
	var warnings []string
	o := Options{Existing: Resume, Warn: func(w string) { warnings = append(warnings, w) }}
	for _, name := range []string{"first", "resumed"} {
		warnings = nil
		runs, err := RunAll(context.Background(), engine, []recipe.Recipe{wild, tame}, recipe.Dirs(out,
			[]recipe.Recipe{wild, tame}), o)
		if err != nil || len(runs) != 2 {
			t.Fatalf("%s: %d summaries, error %v, want both, the divergence being part of the result", name, len(runs), err)
		}
		if d := runs[0]; d.Finished || !d.Diverged || !strings.Contains(d.Stopped, "the loss is") || !runs[1].Finished {
			t.Errorf("%s: summaries %+v, want the first diverged and the second finished", name, runs)
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "diverged") {
			t.Errorf("%s: warnings %q, want one about the divergence", name, warnings)
		}
	}
	if _, err := Run(context.Background(), engine, wild, filepath.Join(out, "alone"), Options{}); !errors.Is(err,
		ErrDiverged) {
		t.Errorf("a run alone that diverges: %v, want ErrDiverged", err)
	}
}

func TestRunRefuses(t *testing.T) {
	engine := testbackend.GoEngine(t)
	tests := []struct {
		want   string
		change func(*recipe.Recipe)
	}{
		{"epochs = 0", func(r *recipe.Recipe) { r.Epochs = 0 }},
		{"100", func(r *recipe.Recipe) { r.Batch = 100 }}, // of 70 images
		{"digits", func(r *recipe.Recipe) { r.Data, r.DataDir = "digits", t.TempDir() }},
	}
	for _, tt := range tests {
		r := testrun.Tiny(t, "sgd")
		tt.change(&r)
		if _, err := Run(context.Background(), engine, r, t.TempDir(), Options{}); err == nil ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("Run = %v, want an error with %q", err, tt.want)
		}
	}
}

// The seed changes the weights; the data seed changes the data; neither changes the other.
func TestSeeds(t *testing.T) {
	engine := testbackend.GoEngine(t)
	loss := func(change func(*recipe.Recipe)) (train, test float64) {
		r := testrun.Tiny(t, "sgd")
		r.Epochs, r.LambdaProducts = 1, 0
		change(&r)
		_, s := testrun.Make(t, Run, engine, r, Options{})
		if s.LambdaMax.Known() {
			t.Errorf("λmax = %v without a product to measure it with", s.LambdaMax)
		}
		return s.TrainLoss.Float(), s.TestLoss.Float()
	}
	train, test := loss(func(*recipe.Recipe) {})
	if a, b := loss(func(*recipe.Recipe) {}); a != train || b != test {
		t.Errorf("the same recipe gives %v, %v and %v, %v", train, test, a, b)
	}
	if a, _ := loss(func(r *recipe.Recipe) { r.Seed = 1 }); a == train {
		t.Error("another seed gives the same training loss")
	}
	if _, b := loss(func(r *recipe.Recipe) { r.DataSeed = 1 }); b == test {
		t.Error("another data seed gives the same test loss")
	}
}

// A run with validation images is evaluated on these, and its record holds nothing of the test images.
func TestValidationTakesThePlaceOfTest(t *testing.T) {
	tried := testrun.Tiny(t, "sgd")
	tried.ValidationSize = 40
	dir, summary := testrun.Make(t, Run, testbackend.GoEngine(t), tried, Options{})
	run, err := runlog.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	validated := 0
	for _, r := range run.Records {
		if r.Split == runlog.TestSplit {
			t.Errorf("there is a record of the test images: %+v", r)
		}
		if r.Split == runlog.ValidationSplit {
			validated++
		}
	}
	if validated != 2 || summary.TestAccuracy.Known() || summary.TestLoss.Known() || !summary.ValidationAccuracy.Known() {
		t.Errorf("%d validations, summary %+v, want 2, with a validation accuracy and none on the test images", validated,
			summary)
	}
}
