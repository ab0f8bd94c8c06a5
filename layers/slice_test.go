package layers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

// Slice, Pad and Subsample move numbers; what comes out can be written down.
func TestSliceAndPad(t *testing.T) {
	tests := []struct {
		name  string
		shape []int
		x     []float64
		op    func(x *graph.Node) *graph.Node
		dims  []int
		want  []float64
	}{
		{"slice", []int{5}, []float64{0, 1, 2, 3, 4},
			func(x *graph.Node) *graph.Node { return layers.Slice(x, layers.Range{Start: 1, End: 4, Stride: 1}) },
			[]int{3}, []float64{1, 2, 3}},
		{"slice with stride, end not met", []int{6}, []float64{0, 1, 2, 3, 4, 5},
			func(x *graph.Node) *graph.Node { return layers.Slice(x, layers.Range{Start: 1, End: 6, Stride: 3}) },
			[]int{2}, []float64{1, 4}},
		{"pad", []int{2}, []float64{1, 2},
			func(x *graph.Node) *graph.Node {
				return layers.Pad(x, 9, layers.Padding{Before: 1, After: 2, Between: 1})
			},
			[]int{6}, []float64{9, 1, 9, 2, 9, 9}},
		{"no padding", []int{2}, []float64{1, 2},
			func(x *graph.Node) *graph.Node { return layers.Pad(x, 9, layers.Padding{}) },
			[]int{2}, []float64{1, 2}},
		{"subsample", []int{1, 3, 4, 1}, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
			func(x *graph.Node) *graph.Node { return layers.Subsample(x, 2) },
			[]int{1, 2, 2, 1}, []float64{0, 2, 8, 10}},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				op := func(args []*graph.Node) *graph.Node { return tt.op(args[0]) }
				dims, got := run(t, b, op, [][]int{tt.shape}, [][]float64{tt.x})
				if fmt.Sprint(dims) != fmt.Sprint(tt.dims) || maxDifference(got, tt.want) != 0 {
					t.Errorf("got %v of shape %v, want %v of shape %v", got, dims, tt.want, tt.dims)
				}
				checkDerivatives(t, b, op, tt.shape)
			})
		}
	})
}

func TestSliceAndPadRefuse(t *testing.T) {
	tests := []struct {
		name string
		op   func(x *graph.Node) *graph.Node
		want string
	}{
		{"one range for two axes", func(x *graph.Node) *graph.Node {
			return layers.Slice(x, layers.Range{End: 1,
				Stride: 1})
		}, "want one for each axis"},
		{"nothing left", func(x *graph.Node) *graph.Node {
			return layers.Slice(x, layers.Range{Start: 1, End: 1, Stride: 1}, layers.Range{End: 2, Stride: 1})
		}, "want 0 ≤ Start < End ≤ 3"},
		{"beyond the end", func(x *graph.Node) *graph.Node {
			return layers.Slice(x, layers.Range{End: 4, Stride: 1}, layers.Range{End: 2, Stride: 1})
		}, "want 0 ≤ Start < End ≤ 3"},
		{"one padding for two axes", func(x *graph.Node) *graph.Node {
			return layers.Pad(x, 0,
				layers.Padding{Before: 1})
		}, "want one for each axis"},
		{"negative padding", func(x *graph.Node) *graph.Node {
			return layers.Pad(x, 0, layers.Padding{Before: -1},
				layers.Padding{})
		}, "want amounts ≥ 0"},
		{"subsample rank 2", func(x *graph.Node) *graph.Node { return layers.Subsample(x, 2) },
			"want [batch, height, width, channels]"},
	}
	b := testbackend.Go(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.CallOnce(b, tt.op, zeros([]int{3, 2}))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
