package layers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testderivatives"
	"github.com/xsam-go/xsam/layers"
)

// (1, 3) and (5, 5): mean 2 and 5, variance 1 and 0. softmax of (0, ln 3) is (1/4, 3/4). GELU(1) = 0.8412 within 5e-4 of
// Φ(1), and GELU(0) = 0.
func TestLayerNormSoftmaxGELU(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		e := model.MustNewExec(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			g := x.Graph()
			return []*graph.Node{layers.LayerNorm(scope, x), layers.Softmax(graph.Const(g, []float64{0, math.Log(3)})),
				layers.GELU(graph.Const(g, []float64{1, 0, -20}))}
		})
		out := e.MustCall([][]float64{{1, 3}, {5, 5}})
		d := 1 / math.Sqrt(1+1e-5)
		for i, want := range [][]float64{{-d, d, 0, 0}, {0.25, 0.75}, {0.8412, 0, 0}} {
			for j, got := range tensors.MustCopyFlatData[float64](out[i]) {
				if tolerance := []float64{1e-12, 1e-12, 5e-4}[i]; !(math.Abs(got-want[j]) < tolerance) {
					t.Errorf("output %d has %g in place %d, want %g", i, got, j, want[j])
				}
			}
		}
	})
}

func TestLayerNormDerivatives(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testderivatives.Check(t, b, func(args []*graph.Node) *graph.Node {
			return layers.LayerNorm(model.GetStore(args[0].Graph()).RootScope().ResetVisited(), args[0])
		}, []int{3, 2, 4})
		testderivatives.Check(t, b, func(args []*graph.Node) *graph.Node { return layers.Softmax(args[0]) }, []int{3, 4})
		testderivatives.Check(t, b, func(args []*graph.Node) *graph.Node { return layers.GELU(args[0]) }, []int{3, 4})
	})
}
