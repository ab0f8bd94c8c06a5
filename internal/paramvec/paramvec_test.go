package paramvec_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// What x waits for does not change it, whatever that is. (That it does wait shows in the memory of a step, which package
// experiment tests.)
func TestAfterChangesNothing(t *testing.T) {
	x := []float32{1, -2, 0, 1e-30, 3e38}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		after := graph.MustNewExec(b, func(x, y, z *graph.Node) *graph.Node {
			return paramvec.After([]*graph.Node{x}, []*graph.Node{y, z})[0]
		})
		defer after.Finalize()
		for _, y := range []float32{0, 7, float32(math.NaN()), float32(math.Inf(1))} {
			got := tensors.MustCopyFlatData[float32](after.MustCall1(x, [][]float32{{y}, {y}}, y))
			if !slices.Equal(got, x) {
				t.Errorf("after %v: %v, want %v", y, got, x)
			}
		}
	})
}

// Nothing flows back through the order.
func TestAfterIsNotDifferentiated(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		gradient := graph.MustNewExec(b, func(x, y *graph.Node) []*graph.Node {
			moved := paramvec.After([]*graph.Node{x}, []*graph.Node{y})
			return graph.Gradient(graph.Add(graph.ReduceAllSum(graph.Square(moved[0])), graph.ReduceAllSum(y)), x, y)
		})
		defer gradient.Finalize()
		got := gradient.MustCall([]float64{1, 2}, []float64{3, 4})
		if dx := tensors.MustCopyFlatData[float64](got[0]); !slices.Equal(dx, []float64{2, 4}) {
			t.Errorf("gradient towards x %v, want [2 4]", dx)
		}
		if dy := tensors.MustCopyFlatData[float64](got[1]); !slices.Equal(dy, []float64{1, 1}) {
			t.Errorf("gradient towards y %v, want [1 1], of the sum alone", dy)
		}
	})
}
