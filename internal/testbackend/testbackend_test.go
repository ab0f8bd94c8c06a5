package testbackend_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// Both engines add: 1 + 2 = 3, exactly, and Each hands out the same engine each time.
func TestEach(t *testing.T) {
	seen := map[compute.Backend]int{}
	for range 2 {
		testbackend.Each(t, func(t *testing.T, b compute.Backend) {
			seen[b]++
			sum, err := graph.CallOnce(b, func(x, y *graph.Node) *graph.Node { return graph.Add(x, y) }, 1.0, 2.0)
			if err != nil {
				t.Fatal(err)
			}
			if got := sum.Value(); got != 3.0 {
				t.Errorf("1 + 2 = %v, want 3", got)
			}
		})
	}
	for b, n := range seen {
		if n != 2 {
			t.Errorf("engine %s was handed out %d times of 2: want one engine per process", b.Name(), n)
		}
	}
}
