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

// convCase is one setting of a convolution. The padding of "same" is left to the code under test.
type convCase struct {
	name             string
	image            [3]int // height, width, channels
	kernel           [3]int // height, width, output channels
	stride, dilation int
	same             bool
	height, width    [2]int // padding, when not same
	groups           int
}

var convCases = []convCase{
	{name: "3x3 same", image: [3]int{5, 6, 2}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, same: true, groups: 1},
	{name: "3x3 valid", image: [3]int{5, 6, 2}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, groups: 1},
	{name: "even kernel same", image: [3]int{5, 6, 2}, kernel: [3]int{2, 4, 3}, stride: 1, dilation: 1, same: true,
		groups: 1},
	{name: "stride 2 same, even image", image: [3]int{6, 4, 2}, kernel: [3]int{3, 3, 3}, stride: 2, dilation: 1,
		same: true, groups: 1},
	{name: "stride 2 same, odd image", image: [3]int{5, 7, 2}, kernel: [3]int{3, 3, 3}, stride: 2, dilation: 1,
		same: true, groups: 1},
	{name: "stride 2 valid, last row unused", image: [3]int{6, 6, 1}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1,
		groups: 1},
	{name: "stride 3 beyond a 2x2 kernel", image: [3]int{7, 8, 2}, kernel: [3]int{2, 2, 2}, stride: 3, dilation: 1,
		groups: 1},
	{name: "1x1 stride 2", image: [3]int{5, 6, 3}, kernel: [3]int{1, 1, 4}, stride: 2, dilation: 1, same: true, groups: 1},
	{name: "1x1", image: [3]int{3, 4, 3}, kernel: [3]int{1, 1, 4}, stride: 1, dilation: 1, groups: 1},
	{name: "dilation 2 same", image: [3]int{6, 7, 2}, kernel: [3]int{3, 3, 2}, stride: 1, dilation: 2, same: true,
		groups: 1},
	{name: "dilation 2 valid", image: [3]int{6, 7, 2}, kernel: [3]int{3, 2, 2}, stride: 1, dilation: 2, groups: 1},
	{name: "stride 2 and dilation 2", image: [3]int{7, 8, 2}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 2,
		same: true, groups: 1},
	{name: "explicit padding, one-sided", image: [3]int{5, 4, 2}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1,
		height: [2]int{0, 1}, width: [2]int{2, 0}, groups: 1},
	{name: "stride 2, padding after the image alone", image: [3]int{4, 4, 2}, kernel: [3]int{3, 3, 2}, stride: 2,
		dilation: 1,
		height:   [2]int{0, 3}, width: [2]int{0, 3}, groups: 1},
	{name: "stride 3, 5x4 kernel", image: [3]int{8, 9, 2}, kernel: [3]int{5, 4, 3}, stride: 3, dilation: 1,
		height: [2]int{1, 2}, width: [2]int{1, 0}, groups: 1},
	{name: "padding beyond the kernel", image: [3]int{4, 4, 1}, kernel: [3]int{2, 2, 2}, stride: 1, dilation: 1,
		height: [2]int{3, 2}, width: [2]int{2, 4}, groups: 1},
	{name: "a kernel of more numbers than its images", image: [3]int{2, 3, 6}, kernel: [3]int{3, 3, 7}, stride: 1,
		dilation: 1, same: true, groups: 1},
	{name: "such a kernel, dilation 2, other padding on each side", image: [3]int{3, 3, 6}, kernel: [3]int{3, 2, 7},
		stride: 1, dilation: 2,
		height: [2]int{3, 1}, width: [2]int{0, 2}, groups: 1},
	{name: "such a kernel, padding beyond it", image: [3]int{2, 2, 8}, kernel: [3]int{2, 2, 9}, stride: 1, dilation: 1,
		height: [2]int{2, 0}, width: [2]int{0, 3}, groups: 1},
	{name: "11x11 stride 4 padding 5", image: [3]int{12, 12, 1}, kernel: [3]int{11, 11, 2}, stride: 4, dilation: 1,
		height: [2]int{5, 5}, width: [2]int{5, 5}, groups: 1},
	{name: "2 groups", image: [3]int{4, 5, 4}, kernel: [3]int{3, 3, 6}, stride: 1, dilation: 1, same: true, groups: 2},
	{name: "2 groups stride 2", image: [3]int{5, 6, 4}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1, same: true,
		groups: 2},
	{name: "depthwise", image: [3]int{4, 5, 3}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, same: true, groups: 3},
	{name: "depthwise, 2 outputs a channel, stride 2", image: [3]int{5, 5, 3}, kernel: [3]int{3, 3, 6}, stride: 2,
		dilation: 1, same: true, groups: 3},
	{name: "depthwise, dilation 2", image: [3]int{5, 5, 2}, kernel: [3]int{3, 3, 2}, stride: 1, dilation: 2, same: true,
		groups: 2},
}

const convBatch = 2

func (c convCase) shapes() (x, k []int) {
	return []int{convBatch, c.image[0], c.image[1], c.image[2]},
		[]int{c.kernel[0], c.kernel[1], c.image[2] / c.groups, c.kernel[2]}
}

func (c convCase) build(args []*graph.Node) *graph.Node {
	conv := layers.Convolve(args[0], args[1]).Stride(c.stride).Dilation(c.dilation).Groups(c.groups)
	if c.same {
		return conv.Same().Done()
	}
	return conv.Padding(c.height, c.width).Done()
}

// byHand computes the convolution by its definition.
func (c convCase) byHand(x, k []float64) (dims []int, y []float64) {
	pad := [2][2]int{c.height, c.width}
	var out [2]int
	for axis := range 2 {
		extent := (c.kernel[axis]-1)*c.dilation + 1
		if c.same {
			pad[axis] = [2]int{(extent - 1) / 2, extent / 2}
		}
		out[axis] = (c.image[axis]+pad[axis][0]+pad[axis][1]-extent)/c.stride + 1
	}
	inGroup, outGroup := c.image[2]/c.groups, c.kernel[2]/c.groups
	for n := range convBatch {
		for i := range out[0] {
			for j := range out[1] {
				for o := range c.kernel[2] {
					sum := 0.0
					for a := range c.kernel[0] {
						for b := range c.kernel[1] {
							row, column := i*c.stride+a*c.dilation-pad[0][0], j*c.stride+b*c.dilation-pad[1][0]
							if row < 0 || row >= c.image[0] || column < 0 || column >= c.image[1] {
								continue
							}
							for ch := range inGroup {
								xAt := ((n*c.image[0]+row)*c.image[1]+column)*c.image[2] + o/outGroup*inGroup + ch
								kAt := ((a*c.kernel[1]+b)*inGroup+ch)*c.kernel[2] + o
								sum += x[xAt] * k[kAt]
							}
						}
					}
					y = append(y, sum)
				}
			}
		}
	}
	return []int{convBatch, out[0], out[1], c.kernel[2]}, y
}

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

// Derivatives of first and second order with respect to image and kernel.
// GoMLX's own Convolve fails here: see TestGoMLXLacksSecondOrder.
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
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
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
