package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/runlog"
)

// tiny is a recipe of three epochs of four steps.
func tiny(t *testing.T, method string) Recipe {
	t.Helper()
	r := Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs, r.EvaluateEvery = "mlp", 70, 30, 16, 3, 2
	r.LambdaExamples, r.LambdaBatch = 32, 32
	if err := r.SetMethod(method, map[string]string{"refresh-every": "3", "warmup-refreshes": "2"}); err != nil {
		t.Fatal(err)
	}
	return r
}

func goEngine(t *testing.T) *backend.Engine {
	return &backend.Engine{Backend: testbackend.Go(t), Name: "go"}
}

// mustRun makes a run in a folder of its own.
func mustRun(t *testing.T, engine *backend.Engine, r Recipe, o Options) (string, runlog.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), runlog.Name(r.Method, r.Seed))
	s, err := Run(context.Background(), engine, r, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func TestRunLeavesACompleteRecord(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		var stages []Stage
		dir, summary := mustRun(t, engine, tiny(t, "xsam"), Options{Progress: func(p Progress) {
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
		var kinds []string
		for _, r := range run.Records {
			kinds = append(kinds, string(r.Kind)+" "+r.Split+" "+r.Epoch.String())
		}
		want := []string{"train  1", "train  2", "eval train 2", "eval test 2", "train  3", "eval train 3", "eval test 3", "curvature train 3"}
		if !slices.Equal(kinds, want) {
			t.Errorf("records %q, want %q", kinds, want)
		}
		if want := []Stage{Preparing, Training, Evaluating, Training, Evaluating, Measuring, Finished}; !slices.Equal(stages, want) {
			t.Errorf("stages %v, want %v", stages, want)
		}
		// 256·128 + 128 + 128·128 + 128 + 128·10 + 10 parameters. Steps 0, 1, 3, 6, 9 are pairs, the others ascents: 24 gradients.
		if summary.Parameters != 50698 || summary.Steps != 12 || summary.Epochs.Float() != 3 || !summary.Finished {
			t.Errorf("summary %+v, want 50698 parameters, 12 steps, 3 epochs, finished", summary)
		}
		if got := run.Records[4].GradientEvaluations.Float(); got != 24 || summary.GradientEvaluationsPerStep.Float() != 2 {
			t.Errorf("%v gradients, %v a step, want 24, 2", got, summary.GradientEvaluationsPerStep)
		}
		last := run.Records[6]
		if summary.TestLoss != last.Loss || summary.TestAccuracy != last.Accuracy {
			t.Errorf("test loss and accuracy %v, %v, want those of the last evaluation, %v, %v", summary.TestLoss, summary.TestAccuracy, last.Loss, last.Accuracy)
		}
		if hits := summary.TestAccuracy.Float() * 30; math.Abs(hits-math.Round(hits)) > 1e-9 {
			t.Errorf("test accuracy %v of 30 images: want a whole number of them", summary.TestAccuracy)
		}
		if !(summary.LambdaMax.Float() > 0) || summary.LambdaStop != runlog.StopResidual || !(summary.LambdaResidual.Float() <= 1e-2) ||
			summary.LambdaExamples != 32 || !(summary.AngleDeg.Float() >= 0 && summary.AngleDeg.Float() <= 90) {
			t.Errorf("summary %+v: want λmax > 0 with a residual of at most 1e-2 on 32 examples, and an angle from 0 to 90", summary)
		}
		if !(summary.StepSecondsMedian.Float() > 0 && summary.StepSecondsMedian.Float() < summary.WallSeconds.Float()) {
			t.Errorf("a step takes %v s of %v s", summary.StepSecondsMedian, summary.WallSeconds)
		}
		config := configOf(t, dir)
		if !reflect.DeepEqual(config.Recipe, tiny(t, "xsam")) || config.Backend != b.Name() {
			t.Errorf("config.json holds %+v, want the recipe and the backend", config)
		}
	})
}

// configOf is what config.json says.
func configOf(t *testing.T, dir string) (config Config) {
	t.Helper()
	run, err := runlog.ReadRun(dir)
	if err == nil {
		err = run.Decode(&config)
	}
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// trace is what must not depend on interruptions: the records without times, and every variable of the last checkpoint.
type trace struct {
	records   []runlog.Record
	summary   runlog.Summary
	variables map[string][]byte
}

func traceOf(t *testing.T, dir string) trace {
	t.Helper()
	run, err := runlog.ReadRun(dir)
	if err != nil || !run.Summary.Finished {
		t.Fatalf("ReadRun(%s) = %+v, %v", dir, run, err)
	}
	tr := trace{records: run.Records, summary: run.Summary, variables: map[string][]byte{}}
	for i := range tr.records {
		tr.records[i].StepSeconds = runlog.Number{}
	}
	tr.summary.StepSecondsMedian, tr.summary.WallSeconds = runlog.Number{}, runlog.Number{}

	indexes, err := filepath.Glob(filepath.Join(runlog.Checkpoints(dir), "*.json"))
	if err != nil || len(indexes) != 1 {
		t.Fatalf("checkpoints %v (%v), want one", indexes, err)
	}
	text, err := os.ReadFile(indexes[0])
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Variables []struct {
			ParameterName string
			Pos, Length   int
		}
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(strings.TrimSuffix(indexes[0], ".json") + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range index.Variables {
		tr.variables[v.ParameterName] = data[v.Pos : v.Pos+v.Length]
	}
	return tr
}

// compareTraces reports where two runs differ.
func compareTraces(t *testing.T, what string, got, want trace) {
	t.Helper()
	if !reflect.DeepEqual(got.records, want.records) {
		t.Errorf("%s: records\n%+v\nwant\n%+v", what, got.records, want.records)
	}
	if got.summary != want.summary {
		t.Errorf("%s: summary\n%+v\nwant\n%+v", what, got.summary, want.summary)
	}
	for name, value := range want.variables {
		if !slices.Equal(got.variables[name], value) {
			t.Errorf("%s: variable %s differs", what, name)
		}
	}
	if len(got.variables) != len(want.variables) || len(want.variables) < 12 {
		t.Errorf("%s: %d variables, want %d, at least six of the model and their momentum", what, len(got.variables), len(want.variables))
	}
}

// On one machine the same recipe gives the same bits, however the run was interrupted.
func TestInterruptedAndResumedRunsAreTheSameBitForBit(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		methods := []string{"sgd", "sam", "xsam", "xsam-lite"}
		stops := []int{1, 4, 7, 12} // in an epoch, at its end, and after the last step
		if b.Name() != "go" {
			methods, stops = []string{"xsam"}, []int{7} // each run is compiled
		}
		for _, method := range methods {
			r := tiny(t, method)
			dir, _ := mustRun(t, engine, r, Options{})
			want := traceOf(t, dir)
			for _, after := range stops {
				what := fmt.Sprintf("%s stopped after step %d", method, after)
				dir := filepath.Join(t.TempDir(), "run")
				ctx, cancel := context.WithCancel(context.Background())
				_, err := Run(ctx, engine, r, dir, Options{Progress: func(p Progress) {
					if p.Stage == Training && p.Step == after {
						cancel()
					}
				}})
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("%s: error %v, want context.Canceled", what, err)
				}
				run, err := runlog.ReadRun(dir)
				if err != nil {
					t.Fatal(err)
				}
				s := run.Summary
				if s.Finished || s.Steps != int64(after) || !strings.Contains(s.Stopped, "interrupted") {
					t.Fatalf("%s: summary %+v, want one that is not finished", what, s)
				}
				if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err != nil {
					t.Fatalf("%s: resumed: %v", what, err)
				}
				compareTraces(t, what, traceOf(t, dir), want)
			}
		}
	})
}

// A killed run leaves its last periodic checkpoint, and records from after it.
func TestKilledAndResumedRunIsTheSameBitForBit(t *testing.T) {
	engine := goEngine(t)
	r := tiny(t, "xsam")
	dir, _ := mustRun(t, engine, r, Options{})
	killed := filepath.Join(t.TempDir(), "run")
	dir2 := filepath.Join(t.TempDir(), "run")
	if _, err := Run(context.Background(), engine, r, dir2, Options{CheckpointEvery: time.Nanosecond, Progress: func(p Progress) {
		if p.Stage == Evaluating && p.Step == 8 { // the checkpoint is that of step 7, the record that of step 8
			if err := os.CopyFS(killed, os.DirFS(dir2)); err != nil {
				t.Error(err)
			}
		}
	}}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(killed, runlog.MetricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"ev`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	if _, err := Run(context.Background(), engine, r, killed, Options{Existing: Resume, Warn: func(w string) { warnings = append(warnings, w) }}); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "cut off") {
		t.Errorf("warnings %q, want one about the torn line", warnings)
	}
	compareTraces(t, "killed", traceOf(t, killed), traceOf(t, dir))
}

// A run may be killed between its last record and its summary.
func TestRunWithoutSummaryIsMeasuredAgain(t *testing.T) {
	engine := goEngine(t)
	r := tiny(t, "sgd")
	dir, _ := mustRun(t, engine, r, Options{})
	want := traceOf(t, dir)
	if err := os.Remove(filepath.Join(dir, runlog.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), engine, r, dir, Options{Existing: Resume}); err != nil {
		t.Fatal(err)
	}
	compareTraces(t, "measured again", traceOf(t, dir), want)
}

func TestExistingRuns(t *testing.T) {
	engine := goEngine(t)
	r := tiny(t, "sgd")
	dir, first := mustRun(t, engine, r, Options{})
	again := func(r Recipe, existing Existing) (runlog.Summary, error) {
		return Run(context.Background(), engine, r, dir, Options{Existing: existing})
	}
	if _, err := again(r, Refuse); !errors.Is(err, ErrExists) {
		t.Errorf("a second run in the same folder: %v, want ErrExists", err)
	}
	if s, err := again(r, Resume); err != nil || s != first {
		t.Errorf("resuming a finished run gives %+v, %v, want its summary as it was", s, err)
	}
	other := r
	other.Epochs = 1
	if _, err := again(other, Resume); err == nil || !strings.Contains(err.Error(), "epochs 3, now 1") {
		t.Errorf("resuming with another recipe: %v, want an error that names epochs", err)
	}
	summary := filepath.Join(dir, runlog.SummaryFile)
	if err := os.WriteFile(summary, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := again(r, Resume); err == nil || !strings.Contains(err.Error(), summary+" cannot be read") {
		t.Errorf("resuming a run with a broken summary: %v, want an error that names it", err)
	}
	if err := runlog.AppendMeasurement(dir, runlog.Measurement{Measure: runlog.MeasureTrace}); err != nil {
		t.Fatal(err)
	}
	s, err := again(other, Overwrite)
	if old, _, readErr := runlog.ReadMeasurements(dir); readErr != nil || len(old) > 0 {
		t.Errorf("overwriting leaves measurements %+v, %v, want none of the old run", old, readErr)
	}
	if err != nil || s.Steps != 4 {
		t.Errorf("overwriting with one epoch: %+v, %v, want 4 steps", s, err)
	}
	run, err := runlog.ReadRun(dir)
	if err != nil || run.Records[len(run.Records)-1].Step != 4 {
		t.Errorf("after overwriting the records are %+v, %v, want none of the old run", run, err)
	}
}

func TestDivergence(t *testing.T) {
	engine := goEngine(t)
	wild := tiny(t, "sgd")
	wild.LearningRate = 1e30
	tame := tiny(t, "sam")
	out := t.TempDir()
	var warnings []string
	o := Options{Existing: Resume, Warn: func(w string) { warnings = append(warnings, w) }}
	for _, name := range []string{"first", "resumed"} {
		warnings = nil
		runs, err := RunAll(context.Background(), engine, []Recipe{wild, tame}, out, o)
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
	if _, err := Run(context.Background(), engine, wild, filepath.Join(out, "alone"), Options{}); !errors.Is(err, ErrDiverged) {
		t.Errorf("a run alone that diverges: %v, want ErrDiverged", err)
	}
}

func TestRunRefuses(t *testing.T) {
	engine := goEngine(t)
	tests := []struct {
		want   string
		change func(*Recipe)
	}{
		{"epochs = 0", func(r *Recipe) { r.Epochs = 0 }},
		{"100", func(r *Recipe) { r.Batch = 100 }}, // of 70 images
		{"digits", func(r *Recipe) { r.Data, r.DataDir = "digits", t.TempDir() }},
	}
	for _, tt := range tests {
		r := tiny(t, "sgd")
		tt.change(&r)
		if _, err := Run(context.Background(), engine, r, t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Run = %v, want an error with %q", err, tt.want)
		}
	}
}

// The seed changes the weights; the data seed changes the data; neither changes the other.
func TestSeeds(t *testing.T) {
	engine := goEngine(t)
	loss := func(change func(*Recipe)) (train, test float64) {
		r := tiny(t, "sgd")
		r.Epochs, r.LambdaProducts = 1, 0
		change(&r)
		_, s := mustRun(t, engine, r, Options{})
		if s.LambdaMax.Known() {
			t.Errorf("λmax = %v without a product to measure it with", s.LambdaMax)
		}
		return s.TrainLoss.Float(), s.TestLoss.Float()
	}
	train, test := loss(func(*Recipe) {})
	if a, b := loss(func(*Recipe) {}); a != train || b != test {
		t.Errorf("the same recipe gives %v, %v and %v, %v", train, test, a, b)
	}
	if a, _ := loss(func(r *Recipe) { r.Seed = 1 }); a == train {
		t.Error("another seed gives the same training loss")
	}
	if _, b := loss(func(r *Recipe) { r.DataSeed = 1 }); b == test {
		t.Error("another data seed gives the same test loss")
	}
}

// Runs of a method share their compiled graphs. A run that comes after others must be the same, bit for bit, as alone.
func TestSharedProgramsLeaveNoTrace(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		tests := []struct {
			name    string
			methods []string
			change  func(*Recipe)
		}{
			{"three methods", []string{"sgd", "xsam", "xsam-lite"}, func(*Recipe) {}},
			{"Adam's moments", []string{"sam"}, func(r *Recipe) { r.Optimizer, r.Momentum = "adamw", 0 }},
			{"running averages of batch norm", []string{"xsam"}, func(r *Recipe) {
				r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs, r.LambdaProducts = "resnet8", 24, 8, 8, 1, 0
			}},
		}
		if b.Name() != "go" {
			tests = tests[:1] // each program is compiled
			tests[0].methods = tests[0].methods[1:2]
		}
		for _, tt := range tests {
			base := tiny(t, "sgd")
			tt.change(&base)
			recipes, err := Plan(base, tt.methods, map[string]string{"refresh-every": "3", "warmup-refreshes": "2"}, 0, 2)
			if err != nil {
				t.Fatal(err)
			}
			out := t.TempDir()
			if _, err := RunAll(context.Background(), engine, recipes, out, Options{}); err != nil {
				t.Fatal(err)
			}
			dirs := Dirs(out, recipes)
			for i := len(tt.methods); i < len(recipes); i++ {
				alone, _ := mustRun(t, engine, recipes[i], Options{})
				compareTraces(t, tt.name+": "+filepath.Base(dirs[i]), traceOf(t, dirs[i]), traceOf(t, alone))
			}
		}
	})
}

// A run is resumed between others, in a program that has served already.
func TestResumeInASharedProgram(t *testing.T) {
	engine := goEngine(t)
	recipes, err := Plan(tiny(t, "sgd"), []string{"xsam"}, nil, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, broken := t.TempDir(), t.TempDir()
	if _, err := RunAll(context.Background(), engine, recipes, whole, Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := RunAll(ctx, engine, recipes[1:2], broken, Options{Progress: func(p Progress) {
		if p.Stage == Training && p.Step == 6 {
			cancel()
		}
	}}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	runs, err := RunAll(context.Background(), engine, recipes, broken, Options{Existing: Resume})
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, error %v, want 3", len(runs), err)
	}
	for i, dir := range Dirs(broken, recipes) {
		compareTraces(t, filepath.Base(dir), traceOf(t, dir), traceOf(t, Dirs(whole, recipes)[i]))
	}
}

func TestRunAllStopsBetweenRuns(t *testing.T) {
	recipes, err := Plan(tiny(t, "sgd"), []string{"sgd", "sam"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	runs, err := RunAll(ctx, goEngine(t), recipes, t.TempDir(), Options{Progress: func(p Progress) {
		if p.Stage == Finished {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || len(runs) != 1 || !runs[0].Finished {
		t.Errorf("%d runs, error %v, want the first run finished and context.Canceled", len(runs), err)
	}
}
