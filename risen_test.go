package xsam_test

import (
	"iter"
	"math"
	"math/rand/v2"
	"strings"
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

// The running loss has risen from where it is above its lowest by a tenth of the first loss and by 2.5 times the
// scatter of the batches on, until it is a tenth below the lowest, also where losses are negative; a loss that is not finite changes nothing. While
// it has risen there is no correction: with v = e₁, α = 1 and w = (−1, 1) on diag(4, 1) the correction doubles the descent
// along e₁.
func TestWhileFalling(t *testing.T) {
	for _, losses := range [][]float64{
		{2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2, 0.8},
		{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 1, 1, 1, math.NaN(), 0.5, 0.2, 0.2, 0.2, 9, 9, 9, 9, 0.1},
		{1, 0, -1, -2, -2, -2, -2, -2, -2, -2, -2, -2, 2, 2, 1, -3, -3, -3, -5, -5, math.Inf(1), -5, -3, 9},
	} {
		const w1, w2, lr = -1.0, 1.0, 1e-9
		c := xsam.LiteConfig()
		c.Refresh.Every, c.Refresh.Warmup, c.By = 100, 0, xsam.ByThreePoint
		base := optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(lr)
		l := newLabWith(t, testbackend.Go(t), model.NewStore(), offsetObjective(w1, w2), base, c, offsets(losses)).setV(1, 0)

		at, both := w1, map[bool]bool{}
		running, lowest, scatter, risen := losses[0], losses[0], 0.0, false
		for step, loss := range losses {
			if !math.IsNaN(loss) && !math.IsInf(loss, 0) {
				height := max(2.5*scatter, 0.1*math.Abs(losses[0]))
				scatter = 0.99*scatter + 0.01*math.Abs(loss-running)
				running = 0.8*running + 0.2*loss
				if running > lowest {
					lowest += 0.002 * (running - lowest)
				} else if !risen {
					lowest = running
				}
				if risen {
					risen = running > lowest-0.1*math.Abs(lowest)
				} else {
					risen = running > lowest+height
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
				want = 4 * lr
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

// Batches that scatter about a loss that has fallen and stays are not taken for a rise; a loss that goes up by five
// times the scatter is.
func TestScatterIsNoRise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var losses offsets
	for step := range 500 {
		mean := 0.3 + 2*math.Exp(-float64(step)/30)
		if step >= 400 {
			mean += 0.5
		}
		losses = append(losses, mean+0.1*random.NormFloat64())
	}
	c := xsam.LiteConfig()
	c.Refresh.Every, c.Refresh.Warmup, c.By = 1000, 0, xsam.ByThreePoint
	base := optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(1e-9)
	l := newLabWith(t, testbackend.Go(t), model.NewStore(), offsetObjective(-1, 1), base, c, losses).setV(1, 0)
	taken, seen := 0, 0
	for step := range losses {
		l.step(1)
		switch {
		case !l.stats().Risen:
		case step < 400:
			taken++
		default:
			seen++
		}
	}
	if taken > 40 || seen < 50 {
		t.Errorf("%d of 400 steps of scatter are taken for a rise, want 40 at most; %d of 100 after one, want 50 or more",
			taken, seen)
	}
}

// offsetObjective is quadratic(4, 1), whose value at (w1, w2) is taken away, plus the batch's number.
func offsetObjective(w1, w2 float64) *objective.Objective {
	return objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		w := scope.Store().RootScope().VariableWithValue("w", []float64{w1, w2}).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Add(quadratic(4, 1)(w), graph.AddScalar(in[0], -quadraticAt(w1, w2)))}
	}, func(_, out []*graph.Node) *graph.Node { return out[0] })
}

// quadraticAt is quadratic(4, 1) at w.
func quadraticAt(w1, w2 float64) float64 { return 2*w1*w1 + w2*w2/2 }

// rowOffsets are batches of ten rows, the numbers of offsets in turn with something added to each row, which cancels.
type rowOffsets []float64

func (rowOffsets) Name() string { return "rows" }

func (o rowOffsets) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for _, x := range o {
			rows := make([]float64, 10)
			for i := range rows {
				rows[i] = x + float64(i) - 4.5
			}
			if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromValue(rows)}}, nil) {
				return
			}
		}
	}
}

// A rise is that of the whole batch where it comes in parts.
func TestWhileFallingInParts(t *testing.T) {
	var losses rowOffsets
	for i := range 30 {
		losses = append(losses, []float64{2, 4, 1}[min(2, i/12)])
	}
	b, c := testbackend.Go(t), xsam.DefaultConfig()
	c.Refresh.Warmup = 1
	free := c
	free.Bound = xsam.NoClimb
	lab := func(c xsam.Config) *lab {
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			w := scope.Store().RootScope().VariableWithValue("w", []float64{-1, 1}).NodeValue(in[0].Graph())
			return []*graph.Node{graph.Add(quadratic(4, 1)(w), in[0])}
		}, func(_, out []*graph.Node) *graph.Node { return graph.ReduceAllMean(out[0]) })
		return newLabWith(t, b, model.NewStore(), obj, descent(), c, losses)
	}
	whole, other, parts := lab(c), lab(free), lab(c)
	cut, err := parts.opt.Accumulate(parts.store, losses, 5)
	if err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(cut.Iter())
	t.Cleanup(stop)
	parts.next = next

	risen := 0
	for range losses {
		whole.step(1)
		parts.updates(5, 1)
		if whole.stats().Risen {
			risen++
		}
		if parts.stats().Risen != whole.stats().Risen {
			t.Fatalf("in parts the loss has risen: %v, in one piece %v", parts.stats().Risen, whole.stats().Risen)
		}
	}
	other.step(len(losses))
	if risen == 0 || risen == len(losses) || near(whole.w(), other.w(), 1e-6) {
		t.Fatalf("the loss has risen in %d of %d steps, or it changes nothing: the test shows nothing", risen, len(losses))
	}
	if !near(parts.w(), whole.w(), 1e-8) {
		t.Errorf("in five parts: weights\n got %v\nwant %v", parts.w(), whole.w())
	}
}

// A training that was begun with the rule of an earlier version does not go on with today's.
func TestEarlierRuleIsNotGoneOnWith(t *testing.T) {
	c := xsam.DefaultConfig()
	c.Refresh.Warmup = 1
	l := newNetLab(t, testbackend.Go(t), net{}, c)
	l.step(2)
	if _, err := l.opt.Stats(l.store); err != nil {
		t.Fatal(err)
	}
	l.store.RootScope().In("xsam").VariableWithValue("risen", []float64{1, 1, 1, 0}).SetTrainable(false)
	if _, err := l.opt.Stats(l.store); err == nil || !strings.Contains(err.Error(), "earlier rule") {
		t.Errorf("Stats: %v, want an error that names the earlier rule", err)
	}
}
