package layers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// This file says what GoMLX lacks. Each test fails when GoMLX has learned it, and names what can go then.

// secondDerivative builds and runs ∇(Σ ∇(Σ sin(op(x)))·x) and returns it or the error.
func secondDerivative(b compute.Backend, op func(x *graph.Node) *graph.Node, shape ...int) ([]float64, error) {
	x := make([]float64, size(shape))
	for i := range x {
		x[i] = math.Sin(float64(3*i + 1))
	}
	result, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node {
		slope := graph.Gradient(graph.ReduceAllSum(graph.Sin(op(x))), x)[0]
		return graph.Gradient(graph.ReduceAllSum(graph.Mul(slope, graph.StopGradient(x))), x)[0]
	}, tensors.FromFlatDataAndDimensions(x, shape...))
	if err != nil {
		return nil, err
	}
	return tensors.MustCopyFlatData[float64](result), nil
}

func TestGoMLXLacksSecondDerivatives(t *testing.T) {
	tests := []struct {
		name  string
		op    func(x *graph.Node) *graph.Node
		shape []int
		canGo string
	}{
		{"convolution", func(x *graph.Node) *graph.Node {
			kernel := graph.OnePlus(graph.IotaFull(x.Graph(), x.Shape())) // [3, 3, 2, 4]
			image := graph.Reshape(x, 2, 3, 3, 4)
			return graph.Convolve(image, graph.Reshape(graph.Add(kernel, x), 3, 3, 4, 2)).PadSame().Done()
		}, []int{3, 3, 2, 4}, "geometry in convforms.go"},
		{"max pooling", func(x *graph.Node) *graph.Node { return graph.MaxPool(x).Window(2).Done() }, []int{1, 4, 4, 2},
			"MaxPool in pool.go"},
		{"mean pooling", func(x *graph.Node) *graph.Node { return graph.MeanPool(x).Window(2).Done() }, []int{1, 4, 4, 2},
			"MeanPool in pool.go"},
		{"slice", func(x *graph.Node) *graph.Node { return graph.Slice(x, graph.AxisRange(1, 3)) }, []int{4},
			"Slice in slice.go"},
		{"pad", func(x *graph.Node) *graph.Node {
			return graph.Pad(x, graph.ScalarZero(x.Graph(), x.DType()), graph.PadAxis{Start: 1})
		}, []int{4}, "Pad in slice.go"},
		{"reverse", func(x *graph.Node) *graph.Node { return graph.Reverse(x, 0) }, []int{4}, "reverse in slice.go"},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			if result, err := secondDerivative(b, tt.op, tt.shape...); err == nil {
				t.Errorf("GoMLX now gives a second derivative of %s (%v): if it is right, %s can go", tt.name, result, tt.canGo)
			}
		}
	})
}

// GoMLX's portable batch norm (the other form exists on XLA only, and to first order) takes mean and variance for
// constants in its derivative. The output does not depend on a constant added to x, so the derivative along (1, 1, …)
// is 0.
func TestGoMLXBatchNormGradientIsWrong(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		e := model.MustNewExec(b, model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node {
			scope.Store().SetTraining(x.Graph(), true)
			y := norm.BatchNorm(scope, x, -1).UseBackendInference(false).Done()
			return graph.ReduceAllSum(graph.Gradient(graph.ReduceAllSum(graph.Exp(y)), x)[0])
		})
		outputs, err := e.Call([][]float64{{1}, {2}, {4}})
		if err != nil {
			t.Fatal(err)
		}
		if slope := outputs[0].Value().(float64); math.Abs(slope) < 1e-6 {
			t.Errorf("GoMLX's batch norm now has slope %g along a constant, as it should: BatchNorm in batchnorm.go can go "+
				"if it "+
				"also has second derivatives on both backends", slope)
		}
	})
}

// GoMLX's ReLU has slope 1 at 0 where the usual convention is 0, and its ReduceMax gives the whole gradient to each of
// several equal maxima.
func TestGoMLXSlopesAtKinks(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		slope := func(f func(x *graph.Node) *graph.Node) []float64 {
			_, got := run(t, b, func(args []*graph.Node) *graph.Node {
				return graph.Gradient(graph.ReduceAllSum(f(args[0])), args[0])[0]
			}, [][]int{{2}}, [][]float64{{0, 0}})
			return got
		}
		if got := slope(activation.Relu); maxDifference(got, []float64{1, 1}) != 0 {
			t.Errorf("GoMLX's Relu now has slope %v at 0: if it is 0, ReLU in dense.go can go", got)
		}
		if got := slope(func(x *graph.Node) *graph.Node { return graph.ReduceMax(x, 0) }); maxDifference(got, []float64{1,
			1}) != 0 {
			t.Errorf("GoMLX's ReduceMax now has slopes %v at a tie: if one is 0, the choice among shifts in pool.go can "+
				"use it", got)
		}
	})
}

// Convolve looks for the pure-Go engine by its name.
func TestGoMLXEngineName(t *testing.T) {
	if got := testbackend.Go(t).String(); got != "go" {
		t.Errorf("the pure-Go engine is called %q now, not \"go\": change onGoEngine in im2col.go", got)
	}
}
