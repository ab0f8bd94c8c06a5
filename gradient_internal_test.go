package xsam

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// A pass that holds little beside the weights may run beside another one; another waits for it. What a pass holds are results of products,
// each once, and with convolutions what goes into them; what is computed number by number takes nothing.
func TestPassesThatHoldMuchAreInOrder(t *testing.T) {
	const rows, units = 64, 100
	const product, limit = 4 * rows * units, 4 * rows * units * 10 / 3 // bytes
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			name    string
			loss    func(x, w *graph.Node) *graph.Node
			weights int // bytes
			held    int64
			ordered bool
		}{
			{"a product beside many weights", func(x, w *graph.Node) *graph.Node {
				y := graph.Dot(x, w).Product()
				return graph.ReduceAllSum(graph.Mul(graph.Square(y), y))
			}, limit + 4, product, false},
			{"a product beside few weights", func(x, w *graph.Node) *graph.Node {
				return graph.ReduceAllSum(graph.Dot(x, w).Product())
			}, limit - 4, product, true},
			{"a convolution, [1, 64, 1, 100] with [1, 1, 100, 100]", func(x, w *graph.Node) *graph.Node {
				images, kernel := graph.Reshape(x, 1, rows, 1, units), graph.Reshape(w, 1, 1, units, units)
				return graph.ReduceAllSum(graph.Convolve(images, kernel).PadSame().Done())
			}, limit + 4, 2*product + 4*units*units, true},
			{"no product", func(x, _ *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(x)) }, 4, 0, false},
		} {
			g := graph.NewGraph(b, c.name)
			x := graph.Iota(g, shapes.Make(dtypes.Float32, rows, units), 0)
			loss := c.loss(x, graph.Iota(g, shapes.Make(dtypes.Float32, units, units), 0))
			if got := held(loss); got != c.held {
				t.Errorf("%s: a pass holds %d bytes, want %d", c.name, got, c.held)
			}
			w := []*graph.Node{graph.Zeros(g, shapes.Make(dtypes.Float32, c.weights/4))}
			if got := inOrder(w, []*graph.Node{x}, loss)[0] != w[0]; got != c.ordered {
				t.Errorf("%s: the next pass waits: %v, want %v", c.name, got, c.ordered)
			}
			g.Finalize()
		}
	})
}
