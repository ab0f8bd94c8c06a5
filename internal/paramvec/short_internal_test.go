package paramvec

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// The shortest arrays are laid end to end, up to a sixth of all numbers, and none that is long.
func TestShortOnes(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  []bool
	}{
		{"one array", []int{100}, []bool{false}},
		{"biases beside weights", []int{100352, 128, 16384, 128, 1280, 10}, []bool{false, true, true, true, true, true}},
		{"as short, but too many", []int{50, 50, 50, 50}, []bool{false, false, false, false}},
		{"the first of equal ones", []int{10, 10, 10, 90}, []bool{true, true, false, false}},
		{"long, though few", []int{1 << 20, 1<<15 + 1, 1 << 15}, []bool{false, false, true}},
	} {
		g := graph.NewGraph(testbackend.Go(t), c.name)
		var x []*graph.Node
		for _, size := range c.sizes {
			x = append(x, graph.Zeros(g, shapes.Make(dtypes.Float32, size)))
		}
		if got := shortOnes(x); !slices.Equal(got, c.want) {
			t.Errorf("%s, %v: end to end are %v, want %v", c.name, c.sizes, got, c.want)
		}
		g.Finalize()
	}
}
