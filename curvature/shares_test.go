package curvature_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// bent is z + z²/10 with z = w·x.
func bent(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(x.Graph())
	z := graph.Einsum("bi,i->b", x, w)
	return graph.Add(z, graph.MulScalar(graph.Square(z), 0.1))
}

// perToken is w₀x + w₁x² of each entry.
func perToken(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(x.Graph())
	z := graph.Mul(x, graph.Reshape(graph.Slice(w, graph.AxisElem(0))))
	return graph.Add(z, graph.Mul(graph.Square(x), graph.Reshape(graph.Slice(w, graph.AxisElem(1)))))
}

// cut is one batch in parts of the given numbers of rows: x, y, a mask and weights.
func cut(rows ...int) []train.Batch {
	x := []float64{1, 0, 1, 0.5, 0, 1, 0.25, 1, -1, 2, 3, 1}
	y, mask := []float64{3, 2, 1, 0, -1, 2}, []bool{true, false, true, true, false, true}
	weights := []float64{1, 2, 0.25, 4, 0.5, 1}
	var batches []train.Batch
	at := 0
	for _, n := range rows {
		f := func(v []float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v[at:at+n], n) }
		batches = append(batches, train.Batch{
			Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x[2*at:2*(at+n)], n, 2)},
			Labels: []*tensors.Tensor{f(y), tensors.FromFlatDataAndDimensions(mask[at:at+n], n), f(weights)},
		})
		at += n
	}
	return batches
}

// Whatever a loss divides by, and however a batch is cut: loss, gradient, Hessian, Gauss–Newton, Fisher, λmax, trace,
// density and the number of examples are those of the undivided batch.
func TestBatchesCountByWhatTheLossDividesBy(t *testing.T) {
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	float := func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float64) }
	for name, c := range map[string]struct {
		loss  train.LossFn
		tells func(*objective.Objective) *objective.Objective
		n     int
	}{
		"mean":           {loss: func(l, p []*graph.Node) *graph.Node { return loss.MeanSquaredError(l[:1], p) }, n: 6},
		"one a row":      {loss: square, n: 6},
		"GoMLX's mask":   {loss: func(l, p []*graph.Node) *graph.Node { return loss.MeanSquaredError(l[:2], p) }, n: 4},
		"mask, weighted": {loss: loss.MeanSquaredError, n: 4},
		"tokens, 0/0 where none counts": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))), graph.ReduceAllSum(float(l[1])))
		}, n: 4},
		"weights": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[2])), graph.ReduceAllSum(l[2]))
		}, n: 6},
		"a mean over the rows first": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceMean(graph.ExpandAxes(square(l, p), -1), 0)
		}, n: 6},
		"a mean over a mean": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllMean(graph.Mul(square(l, p), l[2])), graph.ReduceAllMean(l[2]))
		}, n: 6},
		"half a mean and a tenth of another": {loss: func(l, p []*graph.Node) *graph.Node {
			s := square(l, p)
			return graph.Add(graph.MulScalar(graph.ReduceAllMean(s), 0.5), graph.MulScalar(graph.ReduceAllMean(p[0]), 0.1))
		}, n: 6},
		"a sum, at first of nothing": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Square(graph.MaxScalar(graph.Sub(graph.Neg(l[0]), p[0]), -0.5)))
		}, n: 6},
		"a sum": {loss: func(l, p []*graph.Node) *graph.Node { return graph.ReduceAllSum(square(l, p)) }, n: 6},
		"a sum, said so": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1])))
		}, tells: (*objective.Objective).Sum, n: 6},
		"said by the user": {loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Mul(square(l, p), graph.Div(l[2], graph.ReduceAllSum(l[2]))))
		}, tells: func(o *objective.Objective) *objective.Objective {
			return o.DividedBy(func(l, _ []*graph.Node) *graph.Node { return graph.ReduceAllSum(l[2]) })
		}, n: 6},
	} {
		t.Run(name, func(t *testing.T) {
			obj := objective.New(bent, c.loss)
			if c.tells != nil {
				obj = c.tells(obj)
			}
			var want []float64
			for _, rows := range [][]int{{6}, {3, 3}, {2, 4}, {1, 1, 4}, {1, 1, 1, 1, 1, 1}} {
				got := measurements(t, obj, cut(rows...), c.n)
				if want == nil {
					want = got
					continue
				}
				for i := range want {
					if math.Abs(got[i]-want[i]) > 1e-9*max(1, math.Abs(want[i])) {
						t.Errorf("in batches of %v: number %d is %v, undivided %v", rows, i, got[i], want[i])
					}
				}
			}
		})
	}
}

// measurements are the loss, the gradient, and three matrices times two vectors.
func measurements(t *testing.T, obj *objective.Objective, batches []train.Batch, n int) []float64 {
	t.Helper()
	ctx := context.Background()
	p, err := curvature.NewProblem(ctx, testbackend.Go(t), model.NewStore(), obj, batches,
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Examples() != n {
		t.Errorf("%d examples in %d batches, want %d", p.Examples(), len(batches), n)
	}
	g := make([]float64, p.Dim())
	l, err := p.Gradient(ctx, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := append([]float64{l}, g...)
	h, err := curvature.NewHessian(p, curvature.Exact)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []curvature.Operator{h, curvature.NewGaussNewton(p), curvature.NewEmpiricalFisher(p)} {
		for _, v := range [][]float64{{1, 0}, {0, 1}} {
			dst := make([]float64, 2)
			if err := op.Apply(ctx, dst, v); err != nil {
				t.Fatal(err)
			}
			all = append(all, dst...)
		}
	}
	trace, err := curvature.Hutchinson(ctx, h, 3, curvature.Rademacher, 1)
	if err != nil {
		t.Fatal(err)
	}
	density, err := curvature.SpectralDensity(ctx, h, curvature.DensityOptions{Steps: 2, Vectors: [][]float64{{1, 0}, {0, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	top, err := curvature.Top(ctx, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, trace.Value, density.Nodes[0][0], density.Nodes[0][1], density.Weights[0][0], top.Pairs[0].Value)
}

// A loss that cannot be put together from those of its batches is refused for two batches, and right for one.
func TestBatchesThatCannotBePutTogether(t *testing.T) {
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	small := func(scope *model.Scope, x *graph.Node) *graph.Node {
		z := bent(scope, x)
		train.AddRegularizationLoss(graph.MulScalar(graph.ReduceAllSum(graph.Square(z)), 1e-4))
		return z
	}
	for name, c := range map[string]struct {
		obj  *objective.Objective
		want string
	}{
		"a root": {objective.New(bent, func(l, p []*graph.Node) *graph.Node {
			return graph.Sqrt(graph.ReduceAllMean(square(l, p)))
		}), "DividedBy"},
		"pairs": {objective.New(bent, func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllMean(graph.Square(graph.Sub(graph.ExpandAxes(p[0], 0), graph.ExpandAxes(l[0], 1))))
		}), "compares the rows"},
		"a small sum beside a mean": {objective.New(small, func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllMean(square(l, p))
		}), "adds a sum"},
	} {
		for _, rows := range [][]int{{6}, {3, 3}} {
			p, err := curvature.NewProblem(context.Background(), testbackend.Go(t), model.NewStore(), c.obj, cut(rows...),
				curvature.ProblemOptions{Norm: curvature.RunningAverages, Regularization: true})
			if err == nil {
				p.Close()
			}
			if refused := err != nil && strings.Contains(err.Error(), c.want); refused != (len(rows) > 1) {
				t.Errorf("%s: batches of %v: error %v", name, rows, err)
			}
		}
	}
}

// Means over other numbers of entries in each batch, sequences as long as the longest of a batch, count by what the loss
// divides by: by sequences, and not by entries.
func TestBatchesOfOtherLengths(t *testing.T) {
	tokens := func(rows, length int, v ...float64) train.Batch {
		return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(v, rows, length)}}
	}
	obj := objective.New(perToken, func(_, p []*graph.Node) *graph.Node {
		return graph.DivScalar(graph.ReduceAllSum(graph.Square(p[0])), float64(p[0].Shape().Dim(0)))
	})
	want := measurements(t, obj, []train.Batch{tokens(3, 3, 1, 2, 3, 1, 2, 0, 3, 0, 0)}, 3)
	got := measurements(t, obj, []train.Batch{tokens(1, 3, 1, 2, 3), tokens(2, 2, 1, 2, 3, 0)}, 3)
	for i := range want[:3+2+2] { // Fisher and its like see other rows of zeros
		if math.Abs(got[i]-want[i]) > 1e-9*max(1, math.Abs(want[i])) {
			t.Errorf("number %d is %v, undivided %v", i, got[i], want[i])
		}
	}
}
