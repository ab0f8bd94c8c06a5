package xsam_test

import (
	"iter"
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// A method with v goes on where one without it has trained the same parameters: v is drawn, of length 1, and warms up
// from there on. On a quadratic of curvature 1 and 4 it comes to the 4.
func TestEigenvectorAfterAMethodWithout(t *testing.T) {
	for _, before := range []xsam.Config{xsam.SGDConfig(), xsam.SAMConfig()} {
		store := seededStore()
		base := func() optimizer.Interface {
			return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(1e-3)
		}
		obj := constant([]float64{1, 1}, quadratic(4, 1))
		newLabWith(t, testbackend.Go(t), store, obj, base(), before, nothing{}).step(20)
		c := xsam.DefaultConfig()
		c.Refresh.Warmup, c.Refresh.Every = 4, 2
		l := newLabWith(t, testbackend.Go(t), store, obj, base(), c, nothing{})
		for step := range 12 {
			l.step(1)
			if p := l.stats(); step < 4 && p.Kind != xsam.PairStep {
				t.Errorf("step %d after the first method is of kind %v, want a pair step while v warms up", step, p.Kind)
			}
		}
		if v := l.v(); math.Abs(math.Hypot(v[0], v[1])-1) > 1e-12 || math.Abs(l.stats().Lambda-4) > 1e-2 {
			t.Errorf("v = %v, λ = %v, want length 1 and 4", v, l.stats().Lambda)
		}
	}
}

// A counter that the model moves and the user has not set to be not trainable is no parameter, whatever the base.
func TestCounterLeftTrainable(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		calls := scope.VariableWithValue("calls", int64(0))
		if scope.IsTraining(g) {
			calls.SetNodeValue(graph.AddScalar(calls.NodeValue(g), 1))
		}
		w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(g)
		return []*graph.Node{graph.Einsum("bi,i->b", in[0], w)}
	}, loss.MeanSquaredError)
	bases := map[string]optimizer.Interface{"adam": optimizer.Adam().LearningRate(0.1).Done(), "sgd": descent()}
	for name, base := range bases {
		for method, config := range everySchedule() {
			store := model.NewStore()
			if _, err := (program{backend: testbackend.Go(t), obj: obj, config: config, base: base, data: four()}).run(store,
				7); err != nil {
				t.Errorf("%s with %s: %.200v", method, name, err)
				continue
			}
			calls, err := store.GetVariable("/calls").Value()
			if err != nil || calls.Value().(int64) != 7 || float64s(store, "/w")[0] == 0.1 {
				t.Errorf("%s with %s: %v calls, w = %v, want 7 and others than at first", method, name, calls,
					float64s(store, "/w"))
			}
		}
	}
}

// Batches are cut into another number of parts on the same store, with dropout: each as if it had been so from the
// first, at its place in the stream of random numbers.
func TestCutInAnotherNumber(t *testing.T) {
	b := testbackend.Go(t)
	first := newMicroLab(t, b, net{dropout: 0.3}, xsam.DefaultConfig(), 5)
	first.updates(5, 6)
	next := newNetLabOn(t, b, net{dropout: 0.3}, xsam.DefaultConfig(), first.store, examples{}).cut(2)
	next.updates(2, 6)
	back := newNetLabOn(t, b, net{dropout: 0.3}, xsam.DefaultConfig(), first.store, examples{}).cut(5)
	back.updates(5, 6)
	if p := back.stats(); p.Step != 17 || math.IsNaN(p.Loss) {
		t.Errorf("step %d, loss %v, want 17 and a number", p.Step, p.Loss)
	}
}

// inTurn is examples of the tasks "a" and "b" in turn.
type inTurn struct{ examples }

func (e inTurn) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		n := 0
		for batch, err := range e.examples.Iter() {
			if batch.Spec = "a"; n%2 == 1 {
				batch.Spec = "b"
			}
			if n++; !yield(batch, err) {
				return
			}
		}
	}
}

// Tasks whose losses have different numbers of terms, in turn: in parts as on whole batches.
func TestTasksWithOtherNumbersOfTerms(t *testing.T) {
	obj := func() *objective.Objective {
		return objective.New(func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
			out := net{}.modelFn(scope, nil, in)
			if spec == "b" {
				train.AddMainLoss(graph.MulScalar(graph.ReduceAllMean(graph.Square(out[0])), 0.1))
			}
			return out
		}, net{}.lossFn)
	}
	specs := inTurn{}
	for name, c := range map[string]xsam.Config{"sam": xsam.SAMConfig(), "xsam": xsam.DefaultConfig()} {
		whole := newLabWith(t, testbackend.Go(t), seededStore(), obj(), descent(), c, specs)
		parts := newLabWith(t, testbackend.Go(t), seededStore(), obj(), descent(), c, specs).cutOf(specs, 5)
		whole.step(12)
		parts.updates(5, 12)
		if !near(parts.weights(), whole.weights(), 1e-10) {
			t.Errorf("%s: weights %v, undivided %v", name, parts.weights(), whole.weights())
		}
	}
}

// Of parameters of two types those of the wider one are frozen in mid-training: what is known is kept in the wider type
// and steps go on in the other.
func TestWiderParametersAreFrozen(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(g)
		narrow := graph.ConvertDType(scope.VariableWithValue("narrow", []float32{0.3, -0.2}).NodeValue(g), w.DType())
		z := graph.Einsum("bi,i->b", in[0], graph.Add(w, narrow))
		return []*graph.Node{graph.Add(z, graph.MulScalar(graph.Square(z), 0.1))}
	}, loss.MeanSquaredError)
	configs := everySchedule()
	bound, short := xsam.DefaultConfig(), xsam.PaperConfig()
	bound.MaxLambda, bound.Alpha, bound.Shift = 0.1, 0.5, true
	short.Refresh.Every = 2
	configs["bound"], configs["paper"] = bound, short
	for name, config := range configs {
		for _, micro := range []int{0, 2} {
			if micro > 0 && config.By == xsam.ByExact {
				continue
			}
			config.Refresh.Every = min(config.Refresh.Every, 2)
			store := model.NewStore()
			p := program{backend: testbackend.Go(t), obj: obj, config: config, data: four(), micro: micro}
			if _, err := p.run(store, 8); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			store.GetVariable("/w").SetTrainable(false)
			w := float64s(store, "/w")
			p.config = config.ForRun(20)
			stats, err := p.run(store, 8)
			if err != nil || !near(float64s(store, "/w"), w, 0) || math.IsNaN(stats.Loss) {
				t.Errorf("%s, %d parts: error %.200v, w %v, before %v, loss %v", name, micro, err, float64s(store, "/w"), w,
					stats.Loss)
			}
		}
	}
}
