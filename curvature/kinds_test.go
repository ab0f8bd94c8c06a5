package curvature_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// problemOf is that of a loss on batches, with the error of making it.
func problemOf(t *testing.T, obj *objective.Objective, batches ...train.Batch) (*curvature.Problem, error) {
	t.Helper()
	p, err := curvature.NewProblem(context.Background(), testbackend.Go(t), model.NewStore(), obj, batches,
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
	if err == nil {
		t.Cleanup(p.Close)
	}
	return p, err
}

func f64(v []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// A mask or weights of parts of the examples that leave all of them change no Fisher matrix.
func TestFisherWithMaskOfParts(t *testing.T) {
	obj := objective.New(perToken, func(l, p []*graph.Node) *graph.Node {
		squares := graph.Square(graph.Sub(p[0], l[0]))
		if len(l) == 1 {
			return graph.ReduceAllMean(squares)
		}
		return graph.Div(graph.ReduceAllSum(graph.Mul(squares, l[1])), graph.ReduceAllSum(l[1]))
	})
	x, y := []float64{1, 2, 3, 0.5, -1, 2, 0, 1, 3, 1, -2, 0.25}, make([]float64, 12)
	ones := make([]float64, 12)
	for i := range ones {
		ones[i] = 1
	}
	var want []float64
	for name, labels := range map[string][]*tensors.Tensor{
		"no mask": {f64(y, 3, 4)}, "ones": {f64(y, 3, 4), f64(ones, 3, 4)},
	} {
		p, err := problemOf(t, obj, train.Batch{Inputs: []*tensors.Tensor{f64(x, 3, 4)}, Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		m := columns(t, curvature.NewEmpiricalFisher(p))
		got := []float64{m.At(0, 0), m.At(0, 1), m.At(1, 1)}
		if want == nil {
			want = got
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-12*math.Abs(want[i]) {
				t.Errorf("%s: F = %v, else %v", name, got, want)
			}
		}
	}
}

// What batches a Problem cannot be made of, and that it begins with one of which nothing counts.
func TestBatchesOfOneKind(t *testing.T) {
	heads := objective.New(func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
		w := scope.VariableWithValue("head"+spec.(string), []float64{0.1, 0.2}).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Einsum("bi,i->b", in[0], w)}
	}, loss.MeanSquaredError)
	one := func(spec any) train.Batch {
		return train.Batch{Spec: spec, Inputs: []*tensors.Tensor{f64([]float64{1, 2}, 1, 2)}, Labels: []*tensors.Tensor{f64([]float64{1}, 1)}}
	}
	if _, err := problemOf(t, heads, one("A"), one("B")); err == nil || !strings.Contains(err.Error(), "a Problem for each kind") {
		t.Errorf("a head for each Spec: error %v", err)
	}
	if _, err := problemOf(t, heads, one([]int{1})); err == nil || !strings.Contains(err.Error(), "Spec of type []int") {
		t.Errorf("a Spec that cannot be compared: error %v", err)
	}

	masked := objective.New(bent, func(l, p []*graph.Node) *graph.Node {
		m := graph.ConvertDType(l[1], p[0].DType())
		return graph.Div(graph.ReduceAllSum(graph.Mul(graph.Square(graph.Sub(p[0], l[0])), m)), graph.ReduceAllSum(m))
	})
	part := func(mask ...bool) train.Batch {
		return train.Batch{Inputs: []*tensors.Tensor{f64([]float64{1, 2, 3, 4}, 2, 2)},
			Labels: []*tensors.Tensor{f64([]float64{1, 2}, 2), tensors.FromFlatDataAndDimensions(mask, 2)}}
	}
	var losses []float64
	for _, batches := range [][]train.Batch{{part(false, false), part(true, true)}, {part(true, true), part(false, false)}} {
		p, err := problemOf(t, masked, batches...)
		if err != nil {
			t.Fatalf("a batch in which nothing counts: %v", err)
		}
		l, err := p.Loss(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, l)
	}
	if losses[0] != losses[1] || math.IsNaN(losses[0]) {
		t.Errorf("losses %v, want the same", losses)
	}

	scaled := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Mul(bent(scope, in[1]), in[0])}
	}, loss.MeanSquaredError).Shared(0)
	p, err := problemOf(t, scaled, train.Batch{Inputs: []*tensors.Tensor{f64([]float64{2}), f64([]float64{1, 2, 3, 4, 5, 6}, 3, 2)},
		Labels: []*tensors.Tensor{f64([]float64{1, 2, 3}, 3)}})
	if err != nil || p.Examples() != 3 {
		t.Errorf("a shared scalar as the first input: %v, %v, want 3 examples", p, err)
	}
}
