package xsam_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// A bound that is never reached changes nothing in every schedule that takes one, to the bit where the engine rounds
// alike: XLA fuses the step with the bound's own arithmetic and may round a sum of it otherwise. A bound that is
// exceeded acts in micro-batches as on the whole batch.
func TestBoundThatIsKeptChangesNothing(t *testing.T) {
	weak := xsam.DefaultConfig()
	weak.Alpha = 0.5
	for name, free := range map[string]xsam.Config{"xsam": weak, "xsam-lite": xsam.LiteConfig(),
		"xsam-paper": xsam.PaperConfig(), "eigensam": xsam.EigenSAMConfig()} {
		t.Run(name, func(t *testing.T) {
			bound, low := free, free
			bound.MaxLambda, low.MaxLambda = 1e9, 1e-2
			testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
				if name != "xsam" {
					testbackend.SkipRepeat(t, b)
				}
				n := net{dropout: 0.3, l2: 0.01}
				want, got := newNetLab(t, b, n, free), newNetLab(t, b, n, bound)
				want.step(12)
				got.step(12)
				same := slices.Equal[[]float64]
				if testbackend.Compiled(t, b) {
					same = func(a, b []float64) bool { return near(a, b, 1e-13) }
				}
				if !same(got.weights(), want.weights()) {
					t.Errorf("weights\n got %v\nwant %v", got.weights(), want.weights())
				}
			})
			b := testbackend.Go(t)
			other, whole := newNetLab(t, b, net{}, free), newNetLab(t, b, net{}, low)
			other.step(12)
			whole.step(12)
			if free.By != xsam.ByExact { // which is not made in parts
				parts := newMicroLab(t, b, net{}, low, 5)
				parts.updates(5, 12)
				if !near(parts.weights(), whole.weights(), 1e-10) {
					t.Errorf("in five parts: weights\n got %v\nwant %v", parts.weights(), whole.weights())
				}
			}
			if near(whole.weights(), other.weights(), 1e-6) || whole.stats().Strength <= 1 {
				t.Errorf("a bound of 0.01 changed nothing: strength %v", whole.stats().Strength)
			}
		})
	}
}

// On a quadratic λ stays 4, whatever is done: under a bound of 1 m grows by (λ̄/0.85)^0.1 at every refresh, up to 16,
// and that is said. With λ = 4 from the first product on, λ̄ is 4.
func TestBoundOutOfReach(t *testing.T) {
	c := xsam.DefaultConfig()
	c.MaxLambda, c.Refresh.Every, c.Refresh.Warmup, c.Alpha = 1, 1, 1, 0
	c.Ascent.Every = 1
	l := newLab(t, testbackend.Go(t), []float64{1, 1}, 1e-3, c, quadratic(4, 1)).setV(1, 0)
	for step := 1; step <= 22; step++ {
		l.step(1)
		p := l.stats()
		want := min(math.Pow(4/0.85, 0.1*float64(step)), 16)
		if !near([]float64{p.Strength, p.SmoothLambda}, []float64{want, 4}, 1e-9) || p.OutOfReach != (p.Strength == 16) {
			t.Fatalf("after %d refreshes m = %v, λ̄ = %v, out of reach %v: want %v, 4, %v", step, p.Strength, p.SmoothLambda,
				p.OutOfReach, want, want == 16)
		}
	}
}

// It goes on from a checkpoint with the same bits, and falls back to 1 where the bound is far above λ.
func TestBoundResumes(t *testing.T) {
	c := xsam.DefaultConfig()
	c.MaxLambda, c.Refresh.Every, c.Refresh.Warmup, c.Alpha = 0.05, 3, 2, 0.5
	resumes(t, testbackend.Go(t), c)
}

// The text of a bound is a number, or a share of the edge, which a number is put in place of.
func TestMaxLambdaAsText(t *testing.T) {
	for text, want := range map[string]xsam.MaxLambda{"20": 20, "0": 0, "edge:0.5": -0.5} {
		c := xsam.DefaultConfig()
		if err := c.Set("max-lambda", text); err != nil || c.MaxLambda != want || c.Get("max-lambda") != text {
			t.Errorf("%s: %v, as text %s (%v), want %v", text, float64(c.MaxLambda), c.Get("max-lambda"), err, float64(want))
		}
	}
	c := xsam.DefaultConfig()
	for _, text := range []string{"edge:", "edge:-1", "edge:0", "twenty", "-0.5", "NaN"} {
		if err := c.Set("max-lambda", text); err == nil || !strings.Contains(err.Error(), "edge:0.5") {
			t.Errorf("%s: error %v", text, err)
		}
	}
	c.MaxLambda = -0.5
	if got := c.UnderEdge(38).MaxLambda; got != 19 {
		t.Errorf("half of 38 is %v", float64(got))
	}
	if _, err := xsam.New(objective.New(net{}.modelFn, net{}.lossFn), descent(), c); err == nil ||
		!strings.Contains(err.Error(), "UnderEdge") {
		t.Errorf("a share of nothing: error %v", err)
	}
	sam := xsam.SAMConfig()
	sam.MaxLambda = 1
	if err := sam.Validate(); err == nil || !strings.Contains(err.Error(), "refreshes") {
		t.Errorf("no refreshes: error %v", err)
	}
}
