package xsam_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// eight has eight rows of two numbers, and a label for each.
func eight(more ...*tensors.Tensor) data {
	return func() train.Batch {
		x, y := make([]float64, 16), make([]float64, 8)
		for i := range x {
			x[i] = math.Sin(float64(3*i + 1))
		}
		for i := range y {
			y[i] = math.Cos(float64(5*i)) + 1
		}
		batch := train.Batch{Inputs: []*tensors.Tensor{f64(x, 8, 2)}, Labels: []*tensors.Tensor{f64(y, 8)}}
		for _, t := range more {
			copied, err := t.Clone()
			if err != nil {
				panic(err)
			}
			batch.Labels = append(batch.Labels, copied)
		}
		return batch
	}
}

// lineOf is w·x with w = (0.1, 0.2) at first.
func lineOf(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Einsum("bi,i->b", x, scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(x.Graph()))
}

// What looks between the rows of a batch is refused, wherever it stands, however small its part in the loss is, whether
// the numbers of the first rows give it away or not, and with one row a micro-batch too.
func TestAccumulateRefusesWhatLooksBetweenRows(t *testing.T) {
	b := testbackend.Go(t)
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	of := func(lossFn train.LossFn) *objective.Objective { return objective.New(lineOf, lossFn) }
	ones := f64(slices.Repeat([]float64{1}, 8), 8)
	with := func(extra func(scope *model.Scope, x, z *graph.Node)) *objective.Objective {
		return objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			z := lineOf(scope, x)
			extra(scope, x, z)
			return z
		}, loss.MeanSquaredError)
	}
	state := func(write func(now, z *graph.Node) *graph.Node, read float64) *objective.Objective {
		return objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			v, z := scope.VariableWithValue("state", 0.0).SetTrainable(false), lineOf(scope, x)
			now := v.NodeValue(x.Graph())
			if scope.IsTraining(x.Graph()) {
				v.SetNodeValue(write(now, z))
			}
			return graph.Add(z, graph.MulScalar(graph.Square(graph.Sub(z, now)), read))
		}, loss.MeanSquaredError)
	}
	for name, c := range map[string]struct {
		obj  *objective.Objective
		data data
		want string
	}{
		"weights by softmax over the rows": {of(func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceSum(graph.Mul(graph.Softmax(l[1], 0), square(l, p)), 0)
		}), eight(ones), "a batch cannot be cut"},
		"R²": {of(func(l, p []*graph.Node) *graph.Node {
			mean := graph.ReduceAndKeep(l[0], graph.ReduceMean, 0)
			return graph.Div(graph.ReduceAllSum(square(l, p)), graph.ReduceAllSum(graph.Square(graph.Sub(l[0], mean))))
		}), eight(), "taken over the whole batch"},
		"pairs": {of(func(l, p []*graph.Node) *graph.Node {
			d := graph.Sub(graph.ExpandAxes(p[0], 0), graph.ExpandAxes(l[0], 1))
			return graph.ReduceAllMean(graph.Square(d))
		}), eight(), "compares the rows"},
		"neighbours": {of(func(l, p []*graph.Node) *graph.Node {
			n := p[0].Shape().Dim(0)
			d := graph.Sub(graph.Slice(p[0], graph.AxisRange(1, n)), graph.Slice(p[0], graph.AxisRange(0, n-1)))
			return graph.Add(graph.ReduceAllMean(square(l, p)), graph.ReduceAllMean(graph.Square(d)))
		}), eight(), "compares the rows"},
		"running sums": {of(func(l, p []*graph.Node) *graph.Node {
			return graph.Square(graph.Sub(graph.CumSum(p[0], 0), l[0]))
		}), eight(), "compares the rows"},
		"running sums of events, of which the first rows have none": {of(func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(graph.CumSum(l[1], 0), square(l, p))
		}), eight(f64([]float64{0, 0, 0, 0, 0, 0, 0, 1}, 8)), "compares the rows"},
		"rows from the end": {of(func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(graph.Reverse(l[1], 0), square(l, p))
		}), eight(ones), "compares the rows"},
		"a part of the rows or all": {of(func(l, p []*graph.Node) *graph.Node {
			n := graph.MaxScalar(graph.ReduceAllSum(l[1]), float64(p[0].Shape().Dim(0))/4)
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), n)
		}), eight(ones), "goes with the number of rows"},
		"a mean or nothing": {of(func(l, p []*graph.Node) *graph.Node {
			mean, n := graph.ReduceAllMean(square(l, p)), graph.ReduceAllSum(l[1])
			zero := graph.ScalarZero(n.Graph(), n.DType())
			return graph.Where(graph.GreaterThan(n, zero), mean, zero)
		}), eight(ones), "guard nothing but the quotient"},
		"a mean, said to be a sum": {of(square).Sum(), eight(), "leave Sum out"},
		"a table in training only": {objective.New(func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			z := lineOf(scope, in[0])
			if scope.IsTraining(z.Graph()) {
				z = graph.Mul(z, graph.Gather(in[1], graph.ExpandAxes(in[2], -1)))
			}
			return []*graph.Node{z}
		}, loss.MeanSquaredError), func() train.Batch {
			batch := eight()()
			batch.Inputs = append(batch.Inputs, f64([]float64{0.3, 2}, 2), tensors.FromValue([]int32{0, 1, 0, 1, 0, 1, 1, 1}))
			return batch
		}, "Shared"},
		"pairs, in training only": {objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			z := lineOf(scope, x)
			if scope.IsTraining(x.Graph()) {
				z = graph.Sub(z, graph.ReduceAllMean(z))
			}
			return z
		}, loss.MeanSquaredError), eight(), "taken over the whole batch"},
		"pairs of rows, last layer 0": {objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			half := x.Shape().Dim(0) / 2
			v := scope.VariableWithValue("v", []float64{0, 0}).NodeValue(x.Graph())
			return graph.Einsum("bj,j->b", graph.Mul(graph.Slice(x, graph.AxisRange(0, half)),
				graph.Slice(x, graph.AxisRange(half))), v)
		}, loss.MeanSquaredError), func() train.Batch {
			batch := eight()()
			batch.Labels = []*tensors.Tensor{f64([]float64{1, 0, 1, 0}, 4)}
			return batch
		}, "a batch cannot be cut"},
		"weights of classes, as many as micro-batches": {of(func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(square(l, p), graph.Gather(l[2], graph.ExpandAxes(l[1], -1)))
		}), eight(tensors.FromValue([]int32{0, 1, 0, 1, 0, 1, 1, 1}), f64([]float64{0.3, 2}, 2)), "SharedLabels"},
		"a small sum beside a mean": {with(func(_ *model.Scope, _, z *graph.Node) {
			train.AddRegularizationLoss(graph.MulScalar(graph.ReduceAllSum(graph.Square(z)), 1e-4))
		}), eight(), "adds a sum"},
		"a small covariance": {with(func(_ *model.Scope, x, z *graph.Node) {
			h := graph.Mul(x, graph.ExpandAxes(z, -1))
			c := graph.DivScalar(graph.Einsum("bi,bj->ij", h, h), float64(x.Shape().Dim(0)))
			train.AddRegularizationLoss(graph.MulScalar(graph.ReduceAllMean(graph.Square(c)), 1e-3))
		}), eight(), "no sum over the rows"},
		"in training only": {with(func(scope *model.Scope, x, z *graph.Node) {
			if scope.IsTraining(x.Graph()) {
				train.AddMainLoss(graph.MulScalar(graph.Square(graph.ReduceAllMean(z)), 0.01))
			}
		}), eight(), "no sum over the rows"},
		"a sum of what is random": {objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			z := lineOf(scope, x)
			return graph.Add(z, graph.MulScalar(scope.RandomNormal(x.Graph(), z.Shape()), 1e-6))
		}, func(l, p []*graph.Node) *graph.Node { return graph.ReduceAllSum(square(l, p)) }), eight(), "Sum()"},
		"a state that the loss reads": {state(func(now, z *graph.Node) *graph.Node {
			return graph.ReduceAllMean(graph.StopGradient(z))
		}, 1), eight(), "/state"},
		"a number of rows": {state(func(now, z *graph.Node) *graph.Node {
			return graph.AddScalar(now, float64(z.Shape().Dim(0)))
		}, 0), eight(), "/state"},
	} {
		for _, micro := range []int{2, 8} {
			if micro == 8 && (strings.Contains(name, "as many as") || strings.Contains(name, "a table") || strings.Contains(name, "pairs of rows")) {
				continue // they do not divide
			}
			t.Run(name, func(t *testing.T) {
				p := program{backend: b, obj: c.obj, config: xsam.SAMConfig(), data: c.data, micro: micro}
				store := model.NewStore()
				_, err := p.run(store, 2)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%d micro-batches: error %v: want one that says %q", micro, err, c.want)
				}
				if v := store.GetVariable("/w"); v != nil && !slices.Equal(float64s(store, "/w"), []float64{0.1, 0.2}) {
					t.Errorf("%d micro-batches: an update was made all the same: %v", micro, float64s(store, "/w"))
				}
			})
		}
	}
}

// A loss that is 0, or of which nothing counts, says nothing of itself: the rows of the next batch are looked at.
func TestAccumulateLooksAgain(t *testing.T) {
	n := 0
	batches := func() train.Batch {
		batch := eight(tensors.FromValue(slices.Repeat([]bool{n > 0}, 8)))()
		n++
		return batch
	}
	obj := objective.New(lineOf, func(l, p []*graph.Node) *graph.Node { // shares of the batch, of what counts
		mask := graph.ConvertDType(l[1], dtypes.Float64)
		return graph.Mul(graph.Softmax(l[0], 0), graph.Mul(graph.Square(graph.Sub(p[0], l[0])), mask))
	})
	p := program{backend: testbackend.Go(t), obj: obj, config: xsam.SGDConfig(), data: data(batches), micro: 2}
	store := model.NewStore()
	_, err := p.run(store, 2)
	if err == nil || !strings.Contains(err.Error(), "a batch cannot be cut") || n != 2 {
		t.Errorf("batch %d: error %v: want one with the second batch", n, err)
	}
}
