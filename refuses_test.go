package xsam_test

import (
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

// What cannot be put together from parts is refused, with what to do.
func TestAccumulateRefusesWhatPartsCannotGive(t *testing.T) {
	b := testbackend.Go(t)
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	weights := []float64{1, 2, 0.25, 4}
	table := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, f64([]float64{1, 2, 3, 4}, 4))
		return batch
	}
	uneven := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, f64([]float64{1, 2, 3, 4, 5, 6}, 6))
		return batch
	}
	scalar := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, tensors.FromScalar(2.0))
		return batch
	}
	times := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node { // a table for all rows
		w := scope.VariableWithValue("w", []float64{0.5, 0}).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Mul(graph.Einsum("bi,i->b", in[0], w), graph.ReduceAllMax(in[1]))}
	}, loss.MeanSquaredError)
	for name, c := range map[string]struct {
		obj  *objective.Objective
		data data
		want string
	}{
		"a sum": {bent(func(l, p []*graph.Node) *graph.Node { return graph.ReduceAllSum(square(l, p)) }, nil), four(),
			"Sum()"},
		"shares of a batch": {bent(func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Mul(square(l, p), graph.Div(l[1], graph.ReduceAllSum(l[1]))))
		}, nil), four(weights), "DividedBy"},
		"two divisors": {bent(func(l, p []*graph.Node) *graph.Node {
			a := graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.ReduceAllSum(l[1]))
			return graph.Add(a, graph.ReduceAllMean(square(l, p)))
		}, nil), four(weights), "one number"},
		"a mean for each class": {bent(func(l, p []*graph.Node) *graph.Node {
			class := graph.OneHot(l[1], 2, dtypes.Float64)
			sum := graph.ReduceSum(graph.Mul(class, graph.ExpandAxes(square(l, p), -1)), 0)
			return graph.ReduceAllMean(graph.Div(sum, graph.ReduceSum(class, 0)))
		}, nil), four([]int32{0, 1, 0, 1}), "sums over the batch"},
		"a mean for each of three classes": {bent(func(l, p []*graph.Node) *graph.Node {
			class := graph.OneHot(l[1], 3, dtypes.Float64)
			sum := graph.ReduceSum(graph.Mul(class, graph.ExpandAxes(square(l, p), -1)), 0)
			return graph.ReduceAllMean(graph.Div(sum, graph.MaxScalar(graph.ReduceSum(class, 0), 1)))
		}, nil), four([]int32{0, 1, 0, 1}), "sums over the batch"},
		"nothing below a threshold": {bent(func(l, p []*graph.Node) *graph.Node {
			mean := graph.ReduceAllMean(square(l, p))
			return graph.Where(graph.GreaterThan(mean, graph.Scalar(mean.Graph(), mean.DType(), 0.1)), mean,
				graph.ScalarZero(mean.Graph(), mean.DType()))
		}, nil), four(), "no sum over the rows"},
		"root of the mean": {bent(func(l, p []*graph.Node) *graph.Node {
			return graph.Sqrt(graph.ReduceAllMean(square(l, p)))
		}, nil), four(), "no sum over the rows"},
		"rows compared": {bent(func(l, p []*graph.Node) *graph.Node {
			d := graph.Sub(graph.ExpandAxes(graph.Mul(p[0], l[1]), 0), graph.ExpandAxes(l[1], 1))
			return graph.ReduceAllMean(graph.Square(d))
		}, nil), four(weights), "compares the rows"},
		"weighed by the net": {bent(func(l, p []*graph.Node) *graph.Node {
			q := graph.Exp(p[0])
			return graph.Div(graph.ReduceAllSum(graph.Mul(q, square(l, p))), graph.ReduceAllSum(q))
		}, nil), four(), "depends on the weights"},
		"a table of as many rows": {times, table, "taken over the whole batch"},
		"other rows":              {times, uneven, "Shared"},
		"no rows":                 {times, scalar, "Shared"},
	} {
		t.Run(name, func(t *testing.T) {
			p := program{backend: b, obj: c.obj, config: xsam.SAMConfig(), data: c.data, micro: 2}
			store := model.NewStore()
			_, err := p.run(store, 2)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want one that says %q; w is %v", err, c.want, float64s(store, "/w"))
			}
			if v := store.GetVariable("/w"); v != nil {
				if w := float64s(store, "/w"); w[1] != 0 && w[1] != 0.2 {
					t.Errorf("an update was made all the same: %v", w)
				}
			}
		})
	}
	// Labels of two rows for each row of the input, one for each of its entries, are cut with it.
	flat := func() train.Batch {
		batch := four()()
		batch.Labels = []*tensors.Tensor{f64([]float64{1, 2, 3, 1, 0, 1, 2, 2}, 8)}
		return batch
	}
	tokens := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(x.Graph())
		return graph.Tanh(graph.Reshape(graph.Add(graph.Mul(x, graph.ExpandLeftToRank(w, 2)), graph.ExpandLeftToRank(w, 2)), -1))
	}, loss.MeanSquaredError)
	flatWhole, flatCut := model.NewStore(), model.NewStore()
	p := program{backend: b, obj: tokens, config: xsam.SAMConfig(), data: data(flat)}
	if _, err := p.run(flatWhole, 3); err != nil {
		t.Fatal(err)
	}
	p.micro = 2
	if _, err := p.run(flatCut, 3); err != nil {
		t.Fatal(err)
	}
	if got, want := float64s(flatCut, "/w"), float64s(flatWhole, "/w"); !near(got, want, 1e-10) {
		t.Errorf("with a label for each entry in two parts %v, undivided %v", got, want)
	}

	shared := program{backend: b, obj: times.Shared(1), config: xsam.SAMConfig(), data: data(uneven)}
	whole, cut := model.NewStore(), model.NewStore()
	if _, err := shared.run(whole, 3); err != nil {
		t.Fatal(err)
	}
	shared.micro = 2
	if _, err := shared.run(cut, 3); err != nil {
		t.Fatal(err)
	}
	if got, want := float64s(cut, "/w"), float64s(whole, "/w"); !near(got, want, 1e-10) {
		t.Errorf("with a shared table in two parts %v, undivided %v", got, want)
	}
}
