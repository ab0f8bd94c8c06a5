package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

// poolCase is one setting of a pooling.
type poolCase struct {
	name           string
	height, width  int
	window, stride int
	wide           int // width of a window that is not square
	across         int // stride along the width, where it is another
	padH, padW     [2]int
}

var poolCases = []poolCase{
	{name: "2x2", height: 4, width: 6, window: 2, stride: 2},
	{name: "2x2, last row and column unused", height: 5, width: 7, window: 2, stride: 2},
	{name: "3x3 stride 2, overlapping", height: 5, width: 7, window: 3, stride: 2},
	{name: "3x3 stride 1 padded", height: 4, width: 5, window: 3, stride: 1, padH: [2]int{1, 1}, padW: [2]int{1, 1}},
	{name: "3x3 stride 2 padded on one side", height: 6, width: 5, window: 3, stride: 2, padH: [2]int{0, 1},
		padW: [2]int{2, 0}},
	{name: "stride beyond the window", height: 7, width: 8, window: 2, stride: 3},
	{name: "window 1", height: 3, width: 2, window: 1, stride: 1},
	{name: "whole image", height: 3, width: 3, window: 3, stride: 3},
	{name: "1x3 stride 2 padded, a series", height: 1, width: 8, window: 1, wide: 3, stride: 2, padW: [2]int{1, 1}},
	{name: "3x2", height: 5, width: 4, window: 3, wide: 2, stride: 1, padH: [2]int{0, 2}, padW: [2]int{1, 0}},
	{name: "2x2 strides 2 and 1", height: 5, width: 4, window: 2, stride: 2, across: 1},
	{name: "3x3 strides 1 and 2 padded", height: 4, width: 7, window: 3, stride: 1, across: 2, padH: [2]int{1, 0},
		padW: [2]int{1, 2}},
}

// strides are those along height and width.
func (c poolCase) strides() (down, across int) {
	if c.across > 0 {
		return c.stride, c.across
	}
	return c.stride, c.stride
}

func (c poolCase) shape() []int { return []int{2, c.height, c.width, 3} }

func (c poolCase) build(pool func(x *graph.Node, window int) *layers.Pooling) operation {
	return func(args []*graph.Node) *graph.Node {
		p := pool(args[0], c.window)
		if c.wide > 0 {
			p.Window(c.window, c.wide)
		}
		if p.Stride(c.stride); c.across > 0 {
			p.StridePerAxis(c.strides())
		}
		return p.Padding(c.padH, c.padW).Done()
	}
}

// byHand gives each window's pixels that are inside the image to pool.
func (c poolCase) byHand(x []float64, pool func(inside []float64) float64) (dims []int, y []float64) {
	down, across := c.strides()
	rows := (c.height+c.padH[0]+c.padH[1]-c.window)/down + 1
	wide := c.window
	if c.wide > 0 {
		wide = c.wide
	}
	columns := (c.width+c.padW[0]+c.padW[1]-wide)/across + 1
	for n := range 2 {
		for i := range rows {
			for j := range columns {
				for ch := range 3 {
					var inside []float64
					for a := range c.window {
						for b := range wide {
							row, column := i*down+a-c.padH[0], j*across+b-c.padW[0]
							if row >= 0 && row < c.height && column >= 0 && column < c.width {
								inside = append(inside, x[((n*c.height+row)*c.width+column)*3+ch])
							}
						}
					}
					y = append(y, pool(inside))
				}
			}
		}
	}
	return []int{2, rows, columns, 3}, y
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

var pools = []struct {
	name   string
	pool   func(x *graph.Node, window int) *layers.Pooling
	byHand func(inside []float64) float64
}{
	{"max", layers.MaxPool, slices.Max[[]float64]},
	{"mean", layers.MeanPool, mean},
}

// A pooling is what its definition says; max is exact, a mean of at most nine values is rounded a few times.
func TestPoolByHand(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, p := range pools {
			for _, c := range poolCases {
				t.Run(p.name+"/"+c.name, func(t *testing.T) {
					x := normal(rand.New(rand.NewPCG(5, 6)), size(c.shape()))
					wantDims, want := c.byHand(x, p.byHand)
					dims, got := run(t, b, c.build(p.pool), [][]int{c.shape()}, [][]float64{x})
					if fmt.Sprint(dims) != fmt.Sprint(wantDims) {
						t.Fatalf("shape %v, want %v", dims, wantDims)
					}
					if diff := maxDifference(got, want); !(diff < 1e-14) {
						t.Errorf("off by %g", diff)
					}
				})
			}
		}
	})
}

// Derivatives of first and second order. The values are spread, so no maximum is near a tie.
func TestPoolDerivatives(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, p := range pools {
			for _, c := range poolCases {
				t.Run(p.name+"/"+c.name, func(t *testing.T) {
					checkDerivatives(t, b, c.build(p.pool), c.shape())
				})
			}
		}
		t.Run("global mean", func(t *testing.T) {
			checkDerivatives(t, b, func(args []*graph.Node) *graph.Node { return layers.GlobalMeanPool(args[0]) }, []int{2, 3,
				4, 3})
		})
	})
}

// Of equal pixels the first in reading order gets the whole gradient; GoMLX's ReduceMax gives it to each of them.
func TestMaxPoolTie(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		_, got := run(t, b, func(args []*graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(layers.MaxPool(args[0], 2).Done()), args[0])[0]
		}, [][]int{{1, 2, 4, 1}}, [][]float64{{
			7, 7, 1, 2,
			7, 7, 3, 3}})
		if want := []float64{1, 0, 0, 0, 0, 0, 1, 0}; maxDifference(got, want) != 0 {
			t.Errorf("gradient %v, want %v", got, want)
		}
	})
}

// A window with a NaN gives NaN, wherever in the window it is: a diverged run must not look healthy.
func TestMaxPoolNaN(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for i := range 4 {
			x := []float64{1, 2, 3, 4}
			x[i] = math.NaN()
			_, got := run(t, b, func(args []*graph.Node) *graph.Node { return layers.MaxPool(args[0], 2).Done() },
				[][]int{{1, 2, 2, 1}}, [][]float64{x})
			if !math.IsNaN(got[0]) {
				t.Errorf("the maximum of %v is %v, want NaN", x, got[0])
			}
		}
	})
}

func TestPoolRefuses(t *testing.T) {
	b := testbackend.Go(t)
	tests := []struct {
		name string
		x    []int
		pool func(x *graph.Node) *graph.Node
		want string
	}{
		{"rank 3", []int{2, 4, 4}, func(x *graph.Node) *graph.Node { return layers.MaxPool(x, 2).Done() },
			"want [batch, height, width, channels]"},
		{"global, rank 2", []int{2, 4}, layers.GlobalMeanPool, "want [batch, height, width, channels]"},
		{"window 0", []int{1, 4, 4, 1}, func(x *graph.Node) *graph.Node { return layers.MaxPool(x, 0).Done() },
			"want both ≥ 1"},
		{"stride 0", []int{1, 4, 4, 1}, func(x *graph.Node) *graph.Node { return layers.MaxPool(x, 2).Stride(0).Done() },
			"want both ≥ 1"},
		{"window of padding alone", []int{1, 4, 4, 1}, func(x *graph.Node) *graph.Node {
			return layers.MaxPool(x, 2).Padding([2]int{2, 0}, [2]int{}).Done()
		}, "padding < window"},
		{"window larger than the image", []int{1, 4, 2, 1}, func(x *graph.Node) *graph.Node {
			return layers.MeanPool(x,
				3).Done()
		}, "does not fit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.CallOnce(b, tt.pool, zeros(tt.x))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
