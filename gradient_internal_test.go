package xsam

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// Where passes hold little beside the weights a second one runs beside the first, and only its last layer waits; elsewhere all of it waits.
// What a pass holds are results of products, each once, and with convolutions what goes into them; what is computed number by number takes
// nothing.
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
			s := step{sideBySide: holdsLittle(loss, w)}
			if s.sideBySide == c.ordered {
				t.Errorf("%s: side by side %v, want %v", c.name, s.sideBySide, !c.ordered)
			}
			bias := graph.Zeros(g, shapes.Make(dtypes.Float32, 1))
			next := s.afterPass([]*graph.Node{w[0], bias}, []*graph.Node{x, bias})
			if others := next[1] != bias; next[0] == w[0] || others != c.ordered {
				t.Errorf("%s: the next pass waits with its last layer: %v, want true; with others: %v, want %v", c.name, next[0] != w[0], others, c.ordered)
			}
			g.Finalize()
		}
	})
}

// The last layer is that to which the way back comes first, whatever its name; biases, to which it comes before, do not count.
func TestLastLayer(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		g := graph.NewGraph(b, "layers")
		defer g.Finalize()
		matrix, bias := shapes.Make(dtypes.Float32, 4, 4), shapes.Make(dtypes.Float32, 4)
		parameter := func(name string, shape shapes.Shape) *graph.Node { return graph.Parameter(g, name, shape) }
		// In the order of the names, as an optimizer has them: the layer that comes last is neither the first nor the last of them.
		biasLast, wFirst, wLast, wMiddle := parameter("a", bias), parameter("b", matrix), parameter("c", matrix), parameter("d", matrix)
		y := graph.Tanh(graph.Dot(wFirst, wFirst).Product())
		y = graph.Tanh(graph.Dot(y, wMiddle).Product())
		y = graph.Add(graph.Dot(y, wLast).Product(), graph.BroadcastToShape(graph.Reshape(biasLast, 1, 4), matrix))
		loss := graph.ReduceAllSum(graph.Square(y))
		if got := lastLayer(graph.Gradient(loss, biasLast, wFirst, wLast, wMiddle)); got != 2 {
			t.Errorf("the last layer of a, b, c, d is number %d, want 2", got)
		}
		if got := lastLayer(graph.Gradient(graph.ReduceAllSum(graph.Square(biasLast)), biasLast)); got != 0 {
			t.Errorf("without matrices the last layer is number %d, want 0", got)
		}
	})
}
