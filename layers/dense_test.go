package layers_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

func TestDense(t *testing.T) {
	op := func(args []*graph.Node) *graph.Node { return layers.Dense(args[0], args[1], args[2]) }
	shapes := [][]int{{2, 3}, {3, 2}, {2}}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		_, got := run(t, b, op, shapes, [][]float64{{1, 2, 3, 4, 5, 6}, {1, 0, 0, 1, 1, 1}, {10, 20}})
		if want := []float64{14, 25, 20, 31}; maxDifference(got, want) != 0 { // small integers: exact
			t.Errorf("x·w + b = %v, want %v", got, want)
		}
		checkDerivatives(t, b, op, shapes...)
	})
}

// max(x, 0), with slope 0 at 0, and NaN kept.
func TestReLU(t *testing.T) {
	op := func(args []*graph.Node) *graph.Node { return layers.ReLU(args[0]) }
	slope := func(args []*graph.Node) *graph.Node {
		return graph.Gradient(graph.ReduceAllSum(layers.ReLU(args[0])), args[0])[0]
	}
	x := []float64{-2, -1e-300, 0, 1e-300, 3}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		_, got := run(t, b, op, [][]int{{5}}, [][]float64{x})
		if want := []float64{0, 0, 0, 1e-300, 3}; maxDifference(got, want) != 0 {
			t.Errorf("ReLU(%v) = %v, want %v", x, got, want)
		}
		_, got = run(t, b, slope, [][]int{{5}}, [][]float64{x})
		if want := []float64{0, 0, 0, 1, 1}; maxDifference(got, want) != 0 {
			t.Errorf("the slope of ReLU at %v is %v, want %v", x, got, want)
		}
		if _, got = run(t, b, op, [][]int{{1}}, [][]float64{{math.NaN()}}); !math.IsNaN(got[0]) {
			t.Errorf("ReLU(NaN) = %v, want NaN", got[0])
		}
		_, got = run(t, b, op, [][]int{{2}}, [][]float64{{math.Inf(1), math.Inf(-1)}})
		if !math.IsInf(got[0], 1) || got[1] != 0 {
			t.Errorf("ReLU(∞, −∞) = %v, want ∞ and 0", got)
		}
		checkDerivatives(t, b, op, []int{4, 5})
	})
}

func TestDenseRefuses(t *testing.T) {
	b := testbackend.Go(t)
	tests := []struct {
		name    string
		x, w, b []int
		want    string
	}{
		{"inputs do not match", []int{2, 3}, []int{4, 2}, []int{2}, "want [batch, in] and [in, out]"},
		{"images", []int{2, 3, 3, 1}, []int{9, 2}, []int{2}, "want [batch, in] and [in, out]"},
		{"biases do not match", []int{2, 3}, []int{3, 2}, []int{3}, "want [2]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.CallOnce(b, func(x, w, b *graph.Node) *graph.Node { return layers.Dense(x, w, b) },
				zeros(tt.x), zeros(tt.w), zeros(tt.b))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
