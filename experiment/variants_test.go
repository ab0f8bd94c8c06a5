package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Every choice that a recipe offers trains. What the choices compute is tested where they are made: xsam, optim,
// datasets.
func TestVariants(t *testing.T) {
	engine := testbackend.GoEngine(t)
	tests := []struct {
		name      string
		method    string
		gradients float64 // of the 4 steps of an epoch, a product counting 2
		change    func(*recipe.Recipe)
	}{
		{"asam", "asam", 8, nil},
		// Step 3 refreshes: a gradient and five products.
		{"xsam as published", "xsam-paper", 8 + 1 + 5*2, nil},
		// Steps 0, 1, 2, 3 and so on until the warm-up is over refresh: with 5 of them all four steps do.
		{"three-point refresh", "xsam:refresh=three-point", 16, nil},
		{"exact products at an interval longer than an epoch", "xsam:refresh=exact:" +
			"power-steps=1:warmup-refreshes=0:refresh-every=5", 8, nil},
		{"exact refresh", "xsam:refresh=exact:power-steps=1:refresh-every=3", 8 + 4*(1+3*2), nil},
		{"projection", "xsam:correction=projection", 8, nil},
		{"explicit", "xsam:correction=explicit", 8, nil},
		{"adam", "sam", 8, func(r *recipe.Recipe) { r.Optimizer, r.WeightDecay, r.LearningRate = "adam", 0, 1e-3 }},
		{"adamw, clipped", "xsam", 8, func(r *recipe.Recipe) { r.Optimizer, r.LearningRate, r.Clip = "adamw", 1e-3, 0.1 }},
		{"Nesterov's momentum with a step schedule and warm-up", "sgd", 4, func(r *recipe.Recipe) {
			r.Nesterov, r.Schedule,
				r.WarmupSteps = true, "step", 2
		}},
		{"no decay of biases", "sgd", 4, func(r *recipe.Recipe) { r.DecayBiasesAndNorms, r.Schedule = false, "constant" }},
		{"float64", "xsam", 8, func(r *recipe.Recipe) { r.DType = "float64" }},
		{"augmentation", "xsam-lite", 8, func(r *recipe.Recipe) { r.Augment = true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := testrun.Tiny(t, "sgd")
			r.Epochs, r.LambdaProducts = 1, 0
			if err := r.SetMethod(tt.method, nil); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(&r)
			}
			_, s := testrun.Make(t, Run, engine, r, Options{})
			if loss := s.TrainLoss.Float(); !(loss > 0 && loss < math.Log(10)+1) {
				t.Errorf("training loss %v after an epoch, want not far above that of a guess, ln 10", loss)
			}
			if got := s.GradientEvaluationsPerStep.Float() * float64(s.Steps); s.Steps != 4 ||
				math.Abs(got-tt.gradients) > 1e-9 {
				t.Errorf("%v gradients in %d steps, want %v in 4", got, s.Steps, tt.gradients)
			}
		})
	}
}

// A run in bfloat16 learns what one in float32 does, and the curvature of its weights is measured in float32.
func TestBFloat16(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		engine := &backend.Engine{Backend: b, Name: b.Name()}
		r := testrun.Tiny(t, "xsam")
		_, want := testrun.Make(t, Run, engine, r, Options{})
		r.DType = "bfloat16"
		_, got := testrun.Make(t, Run, engine, r, Options{})
		if loss, wanted := got.TrainLoss.Float(), want.TrainLoss.Float(); loss == wanted ||
			!(math.Abs(loss-wanted) < 0.05*wanted) {
			t.Errorf("training loss %v: want another than that of float32, %v, within 5 %%", loss, wanted)
		}
		if !(got.LambdaResidual.Float() <= 1e-2) ||
			!(math.Abs(got.LambdaMax.Float()-want.LambdaMax.Float()) < 0.2*want.LambdaMax.Float()) {
			t.Errorf("λmax %v with residual %v: want that of float32, %v, within 20 %%, converged", got.LambdaMax,
				got.LambdaResidual, want.LambdaMax)
		}
	})
}

// Batches cut into four leave the results of whole batches, but for rounding in float32, and the same count of steps
// and gradients.
func TestAccumulateIsTheSameRun(t *testing.T) {
	cut := testrun.Tiny(t, "xsam")
	cut.Accumulate = 4
	_, whole := testrun.Make(t, Run, testbackend.GoEngine(t), testrun.Tiny(t, "xsam"), Options{})
	_, parts := testrun.Make(t, Run, testbackend.GoEngine(t), cut, Options{})
	if parts.Steps != whole.Steps || parts.GradientEvaluationsPerStep != whole.GradientEvaluationsPerStep {
		t.Errorf("%d steps of %v gradients, whole batches %d of %v", parts.Steps, parts.GradientEvaluationsPerStep,
			whole.Steps, whole.GradientEvaluationsPerStep)
	}
	compareResults(t, "micro-batches", parts, "whole batches", whole)
}

// compareResults compares the results of two runs that may differ by rounding in float32.
func compareResults(t *testing.T, what string, got runlog.Summary, of string, want runlog.Summary) {
	t.Helper()
	for name, pair := range map[string][2]runlog.Number{
		"training loss": {got.TrainLoss, want.TrainLoss}, "test loss": {got.TestLoss, want.TestLoss},
		"λmax": {got.LambdaMax, want.LambdaMax},
	} {
		if got, want := pair[0].Float(), pair[1].Float(); !testrun.Near(got, want, 1e-4) {
			t.Errorf("%s is %v with %s, want %v of %s", name, got, what, want, of)
		}
	}
}

// A run that is interrupted between micro-batches ends its step first, and goes on with the same bits.
func TestAccumulateResumes(t *testing.T) {
	r := testrun.Tiny(t, "xsam")
	r.Accumulate = 2
	straight, _ := testrun.Make(t, Run, testbackend.GoEngine(t), r, Options{})
	dir := filepath.Join(t.TempDir(), runlog.Name(r.Method, r.Seed))
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, testbackend.GoEngine(t), r, dir, Options{Progress: func(p Progress) {
		if p.Step == 5 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	if _, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, Options{Existing: Resume}); err != nil {
		t.Fatal(err)
	}
	compareTraces(t, "the resumed run", traceOf(t, dir), traceOf(t, straight))
}

// The same run on one device and on two that share every batch: the results agree to what float32 sums in another order
// leave of twelve steps.
func TestRunOnTwoDevices(t *testing.T) {
	testbackend.SkipSlow(t)
	b := testbackend.TwoDevices(t)
	engine := &backend.Engine{Backend: b, Name: b.Name()}
	_, one := testrun.Make(t, Run, engine, testrun.Tiny(t, "xsam"), Options{})
	dir, two := testrun.Make(t, Run, engine, testrun.Tiny(t, "xsam"), Options{Devices: 2})
	compareResults(t, "two devices", two, "one device", one)
	run, err := runlog.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := recipe.Read(run); err != nil || config.Devices != 2 {
		t.Errorf("config.json says %d devices (%v), want 2", config.Devices, err)
	}
}

func TestBatchMustDivideByDevices(t *testing.T) {
	_, err := Run(context.Background(), testbackend.GoEngine(t), testrun.Tiny(t, "sam"), filepath.Join(t.TempDir(), "run"),
		Options{Devices: 3})
	if err == nil || !strings.Contains(err.Error(), "batches of 16 images cannot be spread over 3 devices") {
		t.Errorf("error %v, want one that names batch size and devices", err)
	}
}
