package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// Batches cut into four leave the results of whole batches, but for rounding in float32, and the same count of steps and
// gradients.
func TestAccumulateIsTheSameRun(t *testing.T) {
	cut := tiny(t, "xsam")
	cut.Accumulate = 4
	_, whole := mustRun(t, goEngine(t), tiny(t, "xsam"), Options{})
	_, parts := mustRun(t, goEngine(t), cut, Options{})
	if parts.Steps != whole.Steps || parts.GradientEvaluationsPerStep != whole.GradientEvaluationsPerStep {
		t.Errorf("%d steps of %v gradients, whole batches %d of %v", parts.Steps, parts.GradientEvaluationsPerStep, whole.Steps, whole.GradientEvaluationsPerStep)
	}
	for name, pair := range map[string][2]runlog.Number{
		"training loss": {whole.TrainLoss, parts.TrainLoss}, "test loss": {whole.TestLoss, parts.TestLoss}, "λmax": {whole.LambdaMax, parts.LambdaMax},
	} {
		if a, b := pair[0].Float(), pair[1].Float(); !(math.Abs(a-b) <= 1e-4*math.Abs(a)) {
			t.Errorf("%s is %v with whole batches and %v with micro-batches", name, a, b)
		}
	}
}

// A run that is interrupted between micro-batches ends its step first, and goes on with the same bits.
func TestAccumulateResumes(t *testing.T) {
	r := tiny(t, "xsam")
	r.Accumulate = 2
	straight, _ := mustRun(t, goEngine(t), r, Options{})
	dir := filepath.Join(t.TempDir(), runlog.Name(r.Method, r.Seed))
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, goEngine(t), r, dir, Options{Progress: func(p Progress) {
		if p.Step == 5 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	if _, err := Run(context.Background(), goEngine(t), r, dir, Options{Existing: Resume}); err != nil {
		t.Fatal(err)
	}
	compareTraces(t, "the resumed run", traceOf(t, dir), traceOf(t, straight))
}
