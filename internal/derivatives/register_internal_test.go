package derivatives

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// Fails when GoMLX has learned one of these, and the entry can go.
func TestGoMLXLacksThese(t *testing.T) {
	if len(unneeded) > 0 {
		t.Errorf("GoMLX now has derivatives of %v: take them from the map missing", unneeded)
	}
}

// Convolutions of a model, strided ones among them, keep the gradient that GoMLX has for them; what that consists of,
// which GoMLX would get wrong, does not.
func TestFirstGradientOfConvolutionsIsGoMLXs(t *testing.T) {
	for _, strides := range []int{1, 2} {
		g := graph.NewGraph(testbackend.Go(t), "convolution")
		x := graph.IotaFull(g, shapes.Make(dtypes.Float32, 1, 4, 4, 2))
		k := graph.IotaFull(g, shapes.Make(dtypes.Float32, 3, 3, 2, 3))
		y := graph.ReduceAllSum(graph.Convolve(x, k).PadSame().Strides(strides).Done())
		graph.Gradient(y, x, k)
		var builtIn []bool
		for _, node := range g.Nodes() {
			if node.Type() == graph.NodeTypeConvGeneral {
				builtIn = append(builtIn, convolutionOf(node).isBuiltIn())
			}
		}
		if want := []bool{true, false, false}; !slices.Equal(builtIn, want) {
			t.Errorf("stride %d: left to GoMLX: %v, want %v: the convolution, its gradients by x and by k", strides,
				builtIn, want)
		}
		g.Finalize()
	}
}
