package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/runlog"
)

// ownLoop is a loop of the tiny study's model, with a store that checkpoints in dir ("" for none) fill and keep.
func ownLoop(t *testing.T, s Study, dir string) (*train.Loop, *xsam.Optimizer, *checkpoint.Handler) {
	t.Helper()
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	var saved *checkpoint.Handler
	var err error
	if dir != "" {
		if saved, err = checkpoint.Build(store).Dir(dir).Immediate().Done(); err != nil {
			t.Fatal(err)
		}
	}
	opt, err := xsam.New(s.Objective, s.Base(), xsam.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var metrics []metric.Interface
	if s.Metric.Of != nil {
		metrics = append(metrics, s.Metric.Of)
	}
	trainer := train.NewTrainer(testbackend.Go(t), store, s.Objective.ModelFn, s.Objective.LossFn, opt, nil, metrics)
	return train.NewLoop(trainer), opt, saved
}

// goOn runs steps of the loop on data without end.
func goOn(loop *train.Loop, opt *xsam.Optimizer, steps int) error {
	_, err := loop.RunSteps(opt.Schedule(loop.Trainer.Store(), sines{1, 1000}), steps)
	return err
}

func TestAttachWritesARunDirectory(t *testing.T) {
	s := tinyStudy()
	dir := filepath.Join(t.TempDir(), runlog.Name("xsam", 1))
	loop, opt, _ := ownLoop(t, s, "")
	run := LoopRun{Study: s, Method: "xsam", Seed: 1}
	if err := Attach(context.Background(), loop, opt, dir, run); err != nil {
		t.Fatal(err)
	}
	if err := goOn(loop, opt, 7); err != nil { // in two parts
		t.Fatal(err)
	}
	part, err := runlog.ReadRun(dir)
	if err != nil || part.Summary.Finished || !strings.Contains(part.Summary.Stopped, "after step 7 of 12") {
		t.Errorf("summary %+v, error %v, want a run that is not finished", part.Summary, err)
	}
	if err := goOn(loop, opt, 5); err != nil {
		t.Fatal(err)
	}
	whole, err := runlog.ReadRun(dir)
	if err != nil || len(whole.Problems) > 0 {
		t.Fatalf("ReadRun: %v, %v", err, whole)
	}
	if got := kindsOf(whole.Records); !slices.Equal(got, tinyRecords) {
		t.Errorf("records %q, want %q", got, tinyRecords)
	}
	o := whole.Summary
	if !o.Finished || o.Steps != 12 || o.Method != "xsam" || !o.LambdaMax.Known() || !o.TestMetric.Known() ||
		o.Metric != s.Metric.Name || !o.StepSecondsMedian.Known() || o.TestAccuracy.Known() {
		t.Errorf("summary %+v, want a finished run of 12 steps with λmax and metric", o)
	}
	if err := goOn(loop, opt, 2); err != nil { // steps after the run change nothing
		t.Fatal(err)
	}
	loop, opt, _ = ownLoop(t, s, "")
	if err := Attach(context.Background(), loop, opt, dir, run); !errors.Is(err, ErrExists) {
		t.Errorf("a second run in the folder: error %v, want ErrExists", err)
	}
}

// The time of a step is that of the whole update, where batches are cut into micro-batches.
func TestAttachTimesWholeUpdates(t *testing.T) {
	s := tinyStudy()
	dir := filepath.Join(t.TempDir(), "run")
	loop, opt, _ := ownLoop(t, s, "")
	if err := Attach(context.Background(), loop, opt, dir, LoopRun{Study: s, Method: "xsam"}); err != nil {
		t.Fatal(err)
	}
	const parts, pause = 4, 20 * time.Millisecond
	loop.OnStep("a pause", 0, func(*train.Loop, []*tensors.Tensor) error { time.Sleep(pause); return nil })
	ds, err := opt.Accumulate(loop.Trainer.Store(), sines{1, 1000}, parts)
	if err != nil {
		t.Fatal(err)
	}
	micro := 0
	for step := range int64(12) {
		micro += opt.Config().MicroSteps(step, parts)
	}
	if _, err := loop.RunSteps(ds, micro); err != nil {
		t.Fatal(err)
	}
	run, err := runlog.ReadRun(dir)
	if err != nil || !run.Summary.Finished {
		t.Fatalf("summary %+v, error %v, want a finished run", run.Summary, err)
	}
	// A pause after each micro-batch but the last of an update, which is after the update.
	if got, least := run.Summary.StepSecondsMedian.Float(), float64(parts-1)*pause.Seconds(); !(got >= least) {
		t.Errorf("a step takes %v s, want %v at least", got, least)
	}
}

// A loop that goes on from its own checkpoint goes on with its records.
func TestAttachGoesOnWithACheckpoint(t *testing.T) {
	s := tinyStudy()
	s.LambdaProducts = 0 // no λmax: then neither objective nor data are needed
	s.Train = nil
	dir, saves := filepath.Join(t.TempDir(), "xsam-seed1"), t.TempDir()
	run := LoopRun{Study: s, Method: "xsam", Seed: 1, Options: Options{Existing: Resume}}
	for _, steps := range []int{6, 6} {
		loop, opt, saved := ownLoop(t, s, saves)
		if err := Attach(context.Background(), loop, opt, dir, run); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(goOn(loop, opt, steps), saved.Save()); err != nil {
			t.Fatal(err)
		}
		if steps := loop.Trainer.GlobalStep(); steps < 12 { // as if the process had ended
			if err := os.Remove(filepath.Join(dir, runlog.ClaimFile)); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole, err := runlog.ReadRun(dir)
	want := []string{"train  1", "train  2", "eval test 2", "train  3", "eval test 3"}
	if err != nil || !slices.Equal(kindsOf(whole.Records), want) || !whole.Summary.Finished {
		t.Errorf("records %q, summary %+v, error %v, want %q and a finished run", kindsOf(whole.Records), whole.Summary, err,
			want)
	}
	if wall := whole.Summary.WallSeconds; wall.Known() {
		t.Errorf("the whole run took %v s: want no number, for the time of the first part is not known", wall)
	}
	// 12 steps of two gradients, also of those before the loop was attached anew.
	if got := whole.Records[4].GradientEvaluations.Float(); !testrun.Near(got, 24, 0) {
		t.Errorf("%v gradients, want 24", got)
	}
}

func TestAttachRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*LoopRun)
		want   string
	}{
		{"no method", func(r *LoopRun) { r.Method = "" }, "no method"},
		{"λmax without data", func(r *LoopRun) { r.Study.Train = nil }, "or 0 products"},
		{"checkpoints", func(r *LoopRun) { r.Options.CheckpointEvery = 1 }, "those are the loop's"},
		{"a metric that the trainer lacks", func(r *LoopRun) {
			r.Study.Metric.Of = metric.NewMeanMetric("other", "other", "error", meanAbsolute, nil)
		}, "pass the same value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := LoopRun{Study: tinyStudy(), Method: "xsam"}
			loop, opt, _ := ownLoop(t, run.Study, "")
			tt.change(&run)
			err := Attach(context.Background(), loop, opt, filepath.Join(t.TempDir(), "run"), run)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A loss that is no longer finite ends the loop, and the record says so.
func TestAttachRecordsADivergence(t *testing.T) {
	s := tinyStudy()
	s.Base = func() optimizer.Interface { return optim.SGD(1e30).Done() }
	dir := filepath.Join(t.TempDir(), "run")
	loop, opt, _ := ownLoop(t, s, "")
	if err := Attach(context.Background(), loop, opt, dir, LoopRun{Study: s, Method: "xsam"}); err != nil {
		t.Fatal(err)
	}
	if err := goOn(loop, opt, 12); !errors.Is(err, ErrDiverged) {
		t.Errorf("error %v, want ErrDiverged", err)
	}
	run, err := runlog.ReadRun(dir)
	if err != nil || !run.Summary.Diverged || run.Summary.Finished {
		t.Errorf("summary %+v, error %v, want a run that diverged", run.Summary, err)
	}
}

// A cancelled context ends the loop after its step.
func TestAttachIsInterrupted(t *testing.T) {
	s, dir := tinyStudy(), filepath.Join(t.TempDir(), "run")
	loop, opt, _ := ownLoop(t, s, "")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run := LoopRun{Study: s, Method: "xsam", Options: Options{Progress: func(p Progress) {
		if p.Stage == Training && (p.Steps != 12 || p.Epochs != 3) {
			t.Errorf("progress %+v, want 12 steps of 3 epochs", p)
		}
		if p.Step == 5 {
			cancel()
		}
	}}}
	if err := Attach(ctx, loop, opt, dir, run); err != nil {
		t.Fatal(err)
	}
	if err := goOn(loop, opt, 12); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	saved, err := runlog.ReadRun(dir)
	if err != nil || saved.Summary.Stopped != "interrupted after step 5 of 12" {
		t.Errorf("summary %+v, error %v, want one of step 5", saved.Summary, err)
	}
}
