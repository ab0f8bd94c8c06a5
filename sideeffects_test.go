package xsam_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// schedules are configurations that between them have every kind of step and of refresh.
func schedules() map[string]xsam.Config {
	threePoint, exact, explicit, skipping := xsam.DefaultConfig(), xsam.PaperConfig(), xsam.DefaultConfig(),
		xsam.DefaultConfig()
	threePoint.By = xsam.ByThreePoint
	exact.PowerSteps = 2
	explicit.Form, explicit.Refresh.Every = xsam.Explicit, 1
	skipping.Ascent.Every = 3
	return map[string]xsam.Config{
		"sgd": xsam.SGDConfig(), "sam": xsam.SAMConfig(), "asam": xsam.ASAMConfig(), "xsam": xsam.DefaultConfig(),
		"lite": xsam.LiteConfig(), "explicit": explicit, "three-point": threePoint, "paper": exact, "skipping": skipping,
	}
}

// After n steps of any schedule the running averages have been updated n times, and the dropout stream has moved on
// by n masks.
func TestForwardPassesLeaveNoTrace(t *testing.T) {
	const steps = 12
	n := net{dropout: 0.5, l2: 0.01}
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		plain := newNetLab(t, b, n, xsam.SGDConfig())
		plain.step(steps)
		for name, c := range schedules() {
			t.Run(name, func(t *testing.T) {
				if name != "xsam" { // which has an ascent, a probe on each side and a pass at w
					testbackend.SkipRepeat(t, b)
				}
				l := newNetLab(t, b, n, c)
				l.step(steps)
				if got := l.vector("/norm/passes")[0]; got != steps {
					t.Errorf("%v updates of the running average in %d steps, want %d", got, steps, steps)
				}
				if got, want := l.random(), plain.random(); !slices.Equal(got, want) {
					t.Errorf("the dropout stream is at %v after %d steps, want %v as with the base optimizer", got, steps, want)
				}
			})
		}
	})
}

// With SAM's schedule the running average is the one of the clean passes: made here on the host, from the weights that
// each step began with.
func TestRunningAverageIsOfCleanPass(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, name := range []string{"sam", "three-point"} {
			t.Run(name, func(t *testing.T) {
				if name != "three-point" { // which has SAM's steps between its refreshes
					testbackend.SkipRepeat(t, b)
				}
				l := newNetLab(t, b, net{}, schedules()[name])
				l.step(1) // the weights come into being
				average := l.vector("/norm/average")
				for step := 1; step < 8; step++ {
					w, bias := l.vector("/hidden/weights"), l.vector("/hidden/biases")
					for j, m := range hiddenMean(step, w, bias) {
						average[j] = 0.9*average[j] + 0.1*m
					}
					l.step(1)
					if got := l.vector("/norm/average"); !near(got, average, 1e-12) {
						t.Fatalf("running average after step %d\n got %v\nwant %v", step, got, average)
					}
				}
			})
		}
	})
}

// hiddenMean is the mean over batch i of the net's hidden layer, tanh(x W + b).
func hiddenMean(i int, w, bias []float64) []float64 {
	random := rand.New(rand.NewPCG(7, uint64(i)))
	mean := make([]float64, 8)
	for range 10 {
		var x [6]float64
		for k := range x {
			x[k] = random.NormFloat64()
		}
		for j := range mean {
			sum := bias[j]
			for k := range x {
				sum += x[k] * w[k*8+j]
			}
			mean[j] += math.Tanh(sum) / 10
		}
	}
	return mean
}

// In a pair step the trainer reports the clean loss, regularisation included, to order r⁴.
func TestPairStepReportsCleanLoss(t *testing.T) {
	n := net{l2: 0.01}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // the golden trajectories hold the loss of every step
		clean := newNetLab(t, b, n, xsam.SGDConfig()).step(1)
		for _, r := range []float64{0.1, 0.05} {
			c := xsam.DefaultConfig()
			c.ProbeRadius = r
			l := newNetLab(t, b, n, c)
			got := l.step(1)
			if math.Abs(got-clean) > 2*math.Pow(r, 4) {
				t.Errorf("r = %v: reported loss %v, want %v within 2r⁴ = %v", r, got, clean, 2*math.Pow(r, 4))
			}
			if p := l.stats(); p.Loss != got {
				t.Errorf("r = %v: Stats.Loss = %v, the trainer reported %v", r, p.Loss, got)
			}
		}
	})
}

// Where the gradient is 0 nothing moves, and nothing becomes NaN; where Hv is 0, v stays.
func TestZeroGradientAndZeroHessian(t *testing.T) {
	flat := func(w *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.MulScalar(w, 0)) }
	slope := func(w *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.MulScalar(w, 2)) }
	v := []float64{0.6, 0, 0.8}
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, c := range schedules() {
			t.Run(name, func(t *testing.T) {
				if name != "xsam" {
					testbackend.SkipRepeat(t, b)
				}
				l := newLab(t, b, []float64{1, 2, 3}, 0.1, c, flat)
				if c.Refresh.Every > 0 {
					l.setV(v...)
				}
				l.step(7)
				if got := l.w(); !slices.Equal(got, []float64{1, 2, 3}) {
					t.Errorf("on a constant loss: w = %v, want it where it was", got)
				}
				if c.Refresh.Every == 0 {
					return
				}
				if got := l.v(); !slices.Equal(got, v) {
					t.Errorf("on a constant loss: v = %v, want %v kept", got, v)
				}
				if p := l.stats(); p.Lambda != 0 || !math.IsNaN(p.Residual) || !math.IsNaN(p.AngleDeg) {
					t.Errorf("on a constant loss: λ %v residual %v angle %v, want 0 and two unknowns", p.Lambda, p.Residual,
						p.AngleDeg)
				}
				l = newLab(t, b, []float64{1, 2, 3}, 0.1, c, slope).setV(v...)
				l.step(1)
				if got := l.v(); !near(got, v, 1e-9) && !near(got, []float64{-0.6, 0, -0.8}, 1e-9) && c.By == xsam.ByExact {
					t.Errorf("on a linear loss: v = %v, want %v kept", got, v)
				}
				for _, x := range append(l.w(), l.v()...) {
					if math.IsNaN(x) || math.IsInf(x, 0) {
						t.Errorf("on a linear loss: w = %v, v = %v", l.w(), l.v())
					}
				}
			})
		}
	})
}

// A loss that is not finite leaves v as it was.
func TestNonFiniteLossKeepsV(t *testing.T) {
	v := []float64{0.6, 0, 0.8}
	overflow := func(w *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Exp(graph.MulScalar(graph.Square(w), 1000)))
	}
	logOfNegative := func(w *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Log(graph.Neg(w))) }
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, c := range schedules() {
			if c.Refresh.Every == 0 {
				continue
			}
			t.Run(name, func(t *testing.T) {
				if name != "xsam" {
					testbackend.SkipRepeat(t, b)
				}
				for _, loss := range []func(*graph.Node) *graph.Node{overflow, logOfNegative} {
					l := newLab(t, b, []float64{1, 2, 3}, 0.1, c, loss).setV(v...)
					l.step(1)
					if got := l.v(); !slices.Equal(got, v) {
						t.Errorf("v = %v after a loss that is not finite, want %v kept", got, v)
					}
				}
			})
		}
	})
}
