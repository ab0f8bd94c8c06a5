package xsam_test

import (
	"iter"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// offsets are batches of one number each, which is added to the loss and moves nothing.
type offsets []float64

func (offsets) Name() string { return "offsets" }

func (o offsets) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for _, x := range o {
			if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromScalar(x)}}, nil) {
				return
			}
		}
	}
}

// The running loss has risen from a tenth of the first loss above its lowest on, until it is a tenth below that again,
// also where losses are negative; a loss that is not finite changes nothing. While it has risen the step is that of the
// projection: with v = e₁, α = 1 and w = (−1, 1) on diag(4, 1) the correction doubles the descent along e₁, and takes it
// away where the loss has risen.
func TestWhileFalling(t *testing.T) {
	for _, losses := range [][]float64{
		{2, 1, 1, 1, 1, 3, 3, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 2, 0.8},
		{2, 4, 4, 4, 4, 1, 1, 1, math.NaN(), 0.5, 0.2, 9, 9, 9, 9, 0.1},
		{1, -1, -2, -2, -2, 2, 2, 1, -3, -3, -3, -5, -5, math.Inf(1), -5, -3},
	} {
		const w1, w2, lr = -1.0, 1.0, 1e-9
		c := xsam.LiteConfig()
		c.Refresh.Every, c.Refresh.Warmup, c.By = 100, 0, xsam.ByThreePoint
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			w := scope.Store().RootScope().VariableWithValue("w", []float64{w1, w2}).NodeValue(in[0].Graph())
			return []*graph.Node{graph.Add(quadratic(4, 1)(w), graph.AddScalar(in[0], -quadraticAt(w1, w2)))}
		}, func(_, out []*graph.Node) *graph.Node { return out[0] })
		base := optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(lr)
		l := newLabWith(t, testbackend.Go(t), model.NewStore(), obj, base, c, offsets(losses)).setV(1, 0)

		at, both := w1, map[bool]bool{}
		running, lowest, risen := losses[0], losses[0], false
		for step, loss := range losses {
			if !math.IsNaN(loss) && !math.IsInf(loss, 0) {
				running = 0.8*running + 0.2*loss
				if risen {
					risen = running > lowest-0.1*math.Abs(lowest)
				} else {
					risen = running > lowest+0.1*math.Abs(losses[0])
				}
				if !risen {
					lowest = min(lowest, running)
				}
			}
			l.step(1)
			before := at
			at = l.w()[0]
			if got := l.stats().Risen; got != risen {
				t.Fatalf("%v: in step %d the loss has risen: %v, want %v (L̄ %v, L̲ %v)", losses, step, got, risen, running, lowest)
			}
			want := 8 * lr // h = −4, a = 4
			if risen {
				want = 0
			}
			if got := at - before; math.Abs(got-want) > 1e-3*lr {
				t.Fatalf("%v: step %d moves w₁ by %v, want %v", losses, step, got, want)
			}
			both[risen] = true
		}
		if len(both) != 2 {
			t.Errorf("%v: the loss has risen always or never: the test shows nothing", losses)
		}
	}
}

// quadraticAt is quadratic(4, 1) at w.
func quadraticAt(w1, w2 float64) float64 { return 2*w1*w1 + w2*w2/2 }

// A rise is that of the whole batch where it comes in parts.
func TestWhileFallingInParts(t *testing.T) {
	b, c := testbackend.Go(t), xsam.DefaultConfig()
	c.Refresh.Warmup = 1
	free := c
	free.Bound = xsam.NoClimb
	n := net{}
	steep := objective.New(n.modelFn, func(labels, out []*graph.Node) *graph.Node {
		return graph.MulScalar(n.lossFn(labels, out), 30)
	})
	whole := newLabWith(t, b, seededStore(), steep, descent(), c, examples{})
	other := newLabWith(t, b, seededStore(), steep, descent(), free, examples{})
	parts := newLabWith(t, b, seededStore(), steep, descent(), c, examples{})
	cut, err := parts.opt.Accumulate(parts.store, examples{}, 5)
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(cut.Iter())
	t.Cleanup(stop)
	parts.next = next

	risen := 0
	for range 20 {
		whole.step(1)
		if whole.stats().Risen {
			risen++
		}
	}
	parts.updates(5, 20)
	other.step(20)
	if risen == 0 || risen == 20 || near(whole.weights(), other.weights(), 1e-6) {
		t.Fatalf("the loss has risen in %d of 20 steps, or it changes nothing: the test shows nothing", risen)
	}
	if !near(parts.weights(), whole.weights(), 1e-8) || parts.stats().Risen != whole.stats().Risen {
		t.Errorf("in five parts: weights\n got %v\nwant %v", parts.weights(), whole.weights())
	}
}
