package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

// The convolution is what its definition says: the same sums, in another order, of at most 242 products below 1.
func TestConvolveByHand(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range convCases {
			t.Run(c.name, func(t *testing.T) {
				xShape, kShape := c.shapes()
				random := rand.New(rand.NewPCG(3, 4))
				x, k := normal(random, size(xShape)), normal(random, size(kShape))
				wantDims, want := c.byHand(x, k)
				dims, got := run(t, b, c.build, [][]int{xShape, kShape}, [][]float64{x, k})
				if fmt.Sprint(dims) != fmt.Sprint(wantDims) {
					t.Fatalf("shape %v, want %v", dims, wantDims)
				}
				if diff := maxDifference(got, want); !(diff < 1e-12) {
					t.Errorf("off by %g", diff)
				}
			})
		}
	})
}

// Derivatives of first and second order with respect to image and kernel. GoMLX's own Convolve has none of second.
func TestConvolveDerivatives(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, c := range convCases {
			t.Run(c.name, func(t *testing.T) {
				xShape, kShape := c.shapes()
				checkDerivatives(t, b, c.build, xShape, kShape)
			})
		}
	})
}

// Two layers, so that second derivatives run through a convolution and on into the next.
func TestConvolveTwiceDerivatives(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		checkDerivatives(t, b, func(args []*graph.Node) *graph.Node {
			y := graph.Tanh(layers.Convolve(args[0], args[1]).Stride(2).Same().Done())
			return layers.Convolve(y, args[2]).Dilation(2).Same().Groups(2).Done()
		}, []int{2, 5, 6, 2}, []int{3, 3, 2, 4}, []int{3, 3, 2, 2})
	})
}

// A batch that is large enough (5.2 MB) for the kernel gradient to be summed in parts, 4 of 4 images: first
// derivatives are those of GoMLX's own convolution, which sums in one go; second ones agree with central differences
// of the first in one direction. Sums of 65,536 terms of size 1 in another order: 1e-11 of the largest.
func TestConvolveInParts(t *testing.T) {
	xShape, kShape := []int{16, 64, 64, 2}, []int{3, 3, 2, 10}
	random := rand.New(rand.NewPCG(11, 12))
	x, k := normal(random, size(xShape)), normal(random, size(kShape))
	gradient := func(conv operation) operation {
		return func(args []*graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Sin(conv(args))), args[1])[0]
		}
	}
	own := gradient(func(args []*graph.Node) *graph.Node { return layers.Convolve(args[0], args[1]).Same().Done() })
	builtIn := gradient(func(args []*graph.Node) *graph.Node { return graph.Convolve(args[0], args[1]).PadSame().Done() })
	alongItself := func(args []*graph.Node) *graph.Node { // ∇²L k
		slope := graph.ReduceAllSum(graph.Mul(own(args), graph.StopGradient(args[1])))
		return graph.Gradient(slope, args[1])[0]
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		shapes := [][]int{xShape, kShape}
		at := func(op operation, factor float64) []float64 {
			scaled := make([]float64, len(k))
			for i := range k {
				scaled[i] = factor * k[i]
			}
			_, y := run(t, b, op, shapes, [][]float64{x, scaled})
			return y
		}
		want := at(builtIn, 1)
		largest := maxDifference(want, make([]float64, len(want)))
		if diff := maxDifference(at(own, 1), want); !(diff < 1e-11*largest) {
			t.Errorf("the kernel gradient is off by %g, its largest entry is %g", diff, largest)
		}
		const h = 1e-5
		up, down := at(own, 1+h), at(own, 1-h)
		for i := range up {
			up[i] = (up[i] - down[i]) / (2 * h)
		}
		largest = maxDifference(up, make([]float64, len(up)))
		if diff := maxDifference(at(alongItself, 1), up); !(diff < 1e-6*largest) { // h² times a third derivative of size 1e3
			t.Errorf("the second derivative is off by %g, its largest entry is %g", diff, largest)
		}
	})
}

// In float32 the backend has other code, chosen by the numbers of channels. Outputs and gradients agree with those of
// float64 on the same numbers: sums of at most 2,048 products of size 1, of which each is off by 6e-8 at most, to
// 1e-5 of the largest.
func TestConvolveInFloat32(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, c := range [][3]int{{16, 16, 1}, {16, 32, 2}, {32, 32, 1}, {32, 64, 2}, {64, 64, 1}} {
			in, out, stride := c[0], c[1], c[2]
			t.Run(fmt.Sprintf("%d to %d channels, stride %d", in, out, stride), func(t *testing.T) {
				xShape, kShape := []int{32, 8, 8, in}, []int{3, 3, in, out}
				all := func(args []*graph.Node, dtype dtypes.DType) []*graph.Node {
					x, k := graph.ConvertDType(args[0], dtype), graph.ConvertDType(args[1], dtype)
					y := layers.Convolve(x, k).Stride(stride).Same().Done()
					return append([]*graph.Node{y}, graph.Gradient(graph.ReduceAllSum(graph.Sin(y)), x, k)...)
				}
				relative := func(args []*graph.Node) *graph.Node {
					var errors []*graph.Node
					want := all(args, dtypes.Float64)
					for i, got := range all(args, dtypes.Float32) {
						off := graph.Sub(graph.ConvertDType(got, dtypes.Float64), want[i])
						errors = append(errors, graph.Div(graph.ReduceAllMax(graph.Abs(off)), graph.ReduceAllMax(graph.Abs(want[i]))))
					}
					return graph.Stack(errors, 0)
				}
				random := rand.New(rand.NewPCG(5, 6))
				x, k := normal(random, size(xShape)), normal(random, size(kShape))
				for i := range k {
					k[i] /= math.Sqrt(float64(9 * in)) // outputs of size 1, as after an ordinary initialisation
				}
				_, got := run(t, b, relative, [][]int{xShape, kShape}, [][]float64{x, k})
				for i, name := range []string{"the output", "the gradient of the image", "the gradient of the kernel"} {
					if !(got[i] > 0 && got[i] < 1e-5) {
						t.Errorf("%s: off by %g of the largest, want above 0 and below 1e-5", name, got[i])
					}
				}
			})
		}
	})
}

func TestConvolveRefuses(t *testing.T) {
	b := testbackend.Go(t)
	tests := []struct {
		name string
		x, k []int
		set  func(c *layers.Convolution) *layers.Convolution
		want string
	}{
		{"rank 3", []int{2, 5, 5}, []int{3, 3, 1, 1}, nil, "want [batch, height, width, channels]"},
		{"other channels", []int{1, 5, 5, 2}, []int{3, 3, 3, 1}, nil, "input channels ="},
		{"groups that do not divide", []int{1, 5, 5, 4}, []int{3, 3, 2, 3},
			func(c *layers.Convolution) *layers.Convolution { return c.Groups(2) }, "divisible by groups"},
		{"no groups", []int{1, 5, 5, 4}, []int{3, 3, 2, 3},
			func(c *layers.Convolution) *layers.Convolution { return c.Groups(0) }, "0 groups"},
		{"stride 0", []int{1, 5, 5, 1}, []int{3, 3, 1, 1},
			func(c *layers.Convolution) *layers.Convolution { return c.Stride(0) }, "want stride ≥ 1"},
		{"negative padding", []int{1, 5, 5, 1}, []int{3, 3, 1, 1},
			func(c *layers.Convolution) *layers.Convolution { return c.Padding([2]int{-1, 0}, [2]int{}) }, "padding ≥ 0"},
		{"kernel larger than the image", []int{1, 2, 5, 1}, []int{3, 3, 1, 1}, nil, "does not fit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.CallOnce(b, func(x, k *graph.Node) *graph.Node {
				c := layers.Convolve(x, k)
				if tt.set != nil {
					c = tt.set(c)
				}
				return c.Done()
			}, zeros(tt.x), zeros(tt.k))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
