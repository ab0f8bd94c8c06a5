package xsam

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// A small pass may run beside another one; a large one waits for it. Values that come in twice count once.
func TestLargePassesAreInOrder(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			rows    int
			memory  int64
			ordered bool
		}{
			{rows: 64, memory: 2*64*1024*4 + 4},
			{rows: 4096, memory: 2*4096*1024*4 + 4, ordered: true},
		} {
			g := graph.NewGraph(b, "passes")
			x := graph.Iota(g, shapes.Make(dtypes.Float32, c.rows, 1024), 0)
			loss := graph.ReduceAllSum(graph.Mul(x, x))
			if got := passMemory(loss); got != c.memory {
				t.Errorf("%d rows: a pass of %d bytes, want %d", c.rows, got, c.memory)
			}
			w := []*graph.Node{graph.Const(g, float32(1))}
			if got := inOrder(w, []*graph.Node{x}, loss)[0] != w[0]; got != c.ordered {
				t.Errorf("%d rows: the next pass waits: %v, want %v", c.rows, got, c.ordered)
			}
			g.Finalize()
		}
	})
}
