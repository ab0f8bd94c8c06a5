package layers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// This file says what GoMLX lacks, beside the derivatives that package derivatives adds. Each test fails when GoMLX has
// learned it, and names what can go then.

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
