package xsam_test

import (
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/objective"
)

// lab trains one weight vector "/w" on a loss that needs no data, step by step, and looks at it in between.
type lab struct {
	t       *testing.T
	store   *model.Store
	opt     *xsam.Optimizer
	trainer *train.Trainer
	next    func() (train.Batch, error, bool)
}

// newLab prepares the minimisation of loss(w) from w0 in float64, with plain gradient descent of learning rate lr.
func newLab(t *testing.T, b compute.Backend, w0 []float64, lr float64, c xsam.Config,
	loss func(w *graph.Node) *graph.Node) *lab {
	t.Helper()
	store := model.NewStore()
	return newLabWith(t, b, store, constant(w0, loss), optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(lr), c,
		nothing{})
}

func newLabWith(t *testing.T, b compute.Backend, store *model.Store, obj *objective.Objective, base optimizer.Interface,
	c xsam.Config, ds train.Dataset) *lab {
	t.Helper()
	opt, err := xsam.New(obj, base, c)
	if err != nil {
		t.Fatal(err)
	}
	trainer := train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	next, stop := iter.Pull2(opt.Schedule(store, ds).Iter())
	t.Cleanup(stop)
	return &lab{t: t, store: store, opt: opt, trainer: trainer, next: next}
}

// step makes n steps and returns the loss that the trainer reported for the last one.
func (l *lab) step(n int) float64 {
	l.t.Helper()
	loss := math.NaN()
	for range n {
		batch, err, ok := l.next()
		if err != nil || !ok {
			l.t.Fatalf("the data ended: %v", err)
		}
		metrics, err := l.trainer.TrainStep(batch)
		if err != nil {
			l.t.Fatal(err)
		}
		loss = tensors.ToScalar[float64](metrics[0])
		for _, m := range metrics {
			m.MustFinalizeAll()
		}
	}
	return loss
}

// stats returns what the last step measured.
func (l *lab) stats() xsam.StepStats {
	l.t.Helper()
	p, err := l.opt.Stats(l.store)
	if err != nil {
		l.t.Fatal(err)
	}
	return p
}

// vector returns a copy of the float64 variable at path.
func (l *lab) vector(path string) []float64 {
	l.t.Helper()
	v := l.store.GetVariable(path)
	if v == nil {
		l.t.Fatalf("no variable %s in the store", path)
	}
	return slices.Clone(tensors.MustCopyFlatData[float64](v.MustValue()))
}

func (l *lab) w() []float64 { return l.vector("/w") }

// v returns the kept eigenvector.
func (l *lab) v() []float64 { return l.vector(xsam.Scope + "/eigenvector/w") }

// setV injects the eigenvector, before the first step.
func (l *lab) setV(v ...float64) *lab {
	l.store.VariableWithValue(xsam.Scope+"/eigenvector/w", v).SetTrainable(false)
	return l
}

// nothing is a data set without examples: a single number a batch, which no model reads.
type nothing struct{}

func (nothing) Name() string { return "nothing" }

func (nothing) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromScalar(0.0)}}, nil) {
		}
	}
}

// quadratic is the loss ½ Σ hᵢwᵢ², with Hessian diag(h).
func quadratic(h ...float64) func(*graph.Node) *graph.Node {
	return func(w *graph.Node) *graph.Node {
		return graph.MulScalar(graph.ReduceAllSum(graph.Mul(graph.Const(w.Graph(), h), graph.Square(w))), 0.5)
	}
}

// product is w₁w₂, as ½ wᵀPw with P the exchange of the two.
func product(w *graph.Node) *graph.Node {
	exchange := graph.Const(w.Graph(), [][]float64{{0, 1}, {1, 0}})
	return graph.MulScalar(graph.ReduceAllSum(graph.Mul(w, graph.Einsum("ij,j->i", exchange, w))), 0.5)
}

// eval runs a graph function of vectors and returns its result.
func eval(t *testing.T, b compute.Backend, f func(in []*graph.Node) *graph.Node, in ...any) []float64 {
	t.Helper()
	return newEval(t, b, f)(in...)
}

// newEval compiles f once for many calls.
func newEval(t *testing.T, b compute.Backend, f func(in []*graph.Node) *graph.Node) func(in ...any) []float64 {
	t.Helper()
	exec, err := graph.NewExec(b, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(in ...any) []float64 {
		t.Helper()
		outs, err := exec.Call(in...)
		if err != nil {
			t.Fatal(err)
		}
		out := outs[0]
		defer out.MustFinalizeAll()
		if out.DType() == dtypes.Float64 && out.Shape().IsScalar() {
			return []float64{tensors.ToScalar[float64](out)}
		}
		return tensors.MustCopyFlatData[float64](out)
	}
}

// near tells whether got equals want entry by entry within tol, absolutely and relative to the larger of the two.
func near(got, want []float64, tol float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool {
		return math.Abs(a-b) <= tol*max(1, math.Abs(a), math.Abs(b))
	})
}
