package derivatives_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"

	"github.com/xsam-go/xsam/internal/derivatives"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testderivatives"
)

// one is an operation of one array.
func one(f func(x *graph.Node) *graph.Node) testderivatives.Operation {
	return func(args []*graph.Node) *graph.Node { return f(args[0]) }
}

// positive makes the arguments, which lie between −1 and 1, lie between ½ and 2½.
func positive(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1.5) }

// Gradients and Hessian-vector products of operations in GoMLX's own builders, against differences.
func TestOperations(t *testing.T) {
	pad := func(axes ...graph.PadAxis) testderivatives.Operation {
		return func(args []*graph.Node) *graph.Node { return graph.Pad(args[0], graph.ReduceAllSum(args[1]), axes...) }
	}
	for _, tt := range []struct {
		name   string
		op     testderivatives.Operation
		shapes [][]int
		noGo   string // why the pure-Go engine is left out
	}{
		{"Identity", one(graph.Identity), [][]int{{4}}, ""},
		{"Rsqrt", one(func(x *graph.Node) *graph.Node { return graph.Rsqrt(positive(x)) }), [][]int{{4}}, ""},
		{"Expm1", one(graph.Expm1), [][]int{{4}}, ""},
		{"Sign", one(func(x *graph.Node) *graph.Node { return graph.Mul(graph.Sign(x), graph.Square(x)) }), [][]int{{4}}, ""},
		{"Reverse", one(func(x *graph.Node) *graph.Node { return graph.Reverse(x, 0, 2) }), [][]int{{2, 2, 3}}, ""},
		{"Slice", one(func(x *graph.Node) *graph.Node {
			return graph.Slice(x, graph.AxisRange(1, 6).Stride(2), graph.AxisRange(0, 2))
		}), [][]int{{7, 3}}, ""},
		{"Pad", pad(graph.PadAxis{Start: 1, End: 2, Interior: 2}, graph.PadAxis{End: 1}), [][]int{{3, 2}, {1}}, ""},
		{"Pad that cuts", pad(graph.PadAxis{Start: -1, End: 2, Interior: 1}, graph.PadAxis{End: -1}),
			[][]int{{3, 3}, {1}}, "it ends the process at negative paddings"},
		{"CumSum", one(func(x *graph.Node) *graph.Node { return graph.CumSum(x, 0) }), [][]int{{5, 2}}, ""},
		{"MaxPool", one(func(x *graph.Node) *graph.Node { return graph.MaxPool(x).Window(2).Done() }),
			[][]int{{2, 4, 5, 2}}, ""},
		{"MaxPool with overlap", one(func(x *graph.Node) *graph.Node {
			return graph.MaxPool(x).Window(3).Strides(2).PadSame().Done()
		}), [][]int{{1, 5, 6, 2}}, ""},
		{"MaxPool of sequences", one(func(x *graph.Node) *graph.Node { return graph.MaxPool(x).Window(3).Done() }),
			[][]int{{2, 7, 2}}, ""},
		{"MinPool, channels first", one(func(x *graph.Node) *graph.Node {
			return graph.MinPool(x).ChannelsAxis(images.ChannelsFirst).Window(2).Done()
		}), [][]int{{2, 2, 4, 4}}, ""},
		{"SumPool", one(func(x *graph.Node) *graph.Node { return graph.SumPool(x).Window(2).Done() }),
			[][]int{{1, 4, 4, 2}}, ""},
		{"MeanPool", one(func(x *graph.Node) *graph.Node { return graph.MeanPool(x).Window(2).Done() }),
			[][]int{{1, 4, 4, 2}}, ""},
		{"MeanPool with overlap", one(func(x *graph.Node) *graph.Node {
			return graph.MeanPool(x).Window(3).Strides(2).PadSame().Done()
		}), [][]int{{1, 5, 6, 2}}, ""},
		{"ConcatPool", one(func(x *graph.Node) *graph.Node { return graph.ConcatPool(x).Window(3).Done() }),
			[][]int{{1, 3, 6, 1}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				if tt.noGo != "" && b.String() == "go" {
					t.Skip("the pure-Go engine: " + tt.noGo)
				}
				testderivatives.Check(t, b, tt.op, tt.shapes...)
			})
		})
	}
}

// Convolutions in GoMLX's builder: strides, dilations, paddings, groups, numbers of axes, orders of axes, and
// transposed ones, which GoMLX does not differentiate at all.
func TestConvolutions(t *testing.T) {
	testbackend.SkipSlow(t)
	type builder = graph.ConvolutionBuilder
	as := func(set func(*builder) *builder) func(*builder) *builder { return set }
	for _, tt := range []struct {
		name string
		x, k []int
		set  func(*builder) *builder
	}{
		{"valid", []int{2, 5, 6, 2}, []int{3, 3, 2, 3}, as((*builder).NoPadding)},
		{"same", []int{2, 5, 6, 2}, []int{3, 2, 2, 3}, as((*builder).PadSame)},
		{"stride, last row unused", []int{1, 6, 7, 2}, []int{3, 3, 2, 2}, func(c *builder) *builder { return c.Strides(2) }},
		{"stride, same", []int{1, 5, 6, 2}, []int{3, 3, 2, 2}, func(c *builder) *builder { return c.PadSame().Strides(2) }},
		{"dilation", []int{1, 7, 6, 2}, []int{3, 2, 2, 2}, func(c *builder) *builder { return c.Dilations(2) }},
		{"stride and dilation", []int{1, 9, 8, 1}, []int{3, 2, 1, 2}, func(c *builder) *builder {
			return c.PaddingPerDim([][2]int{{1, 2}, {0, 1}}).StridePerAxis(2, 3)
		}},
		{"one pixel", []int{2, 3, 3, 2}, []int{1, 1, 2, 3}, as((*builder).NoPadding)},
		{"sequences", []int{2, 7, 2}, []int{3, 2, 3}, as((*builder).PadSame)},
		{"volumes", []int{1, 3, 4, 3, 2}, []int{2, 2, 2, 2, 2}, func(c *builder) *builder { return c.Strides(2).PadSame() }},
		{"channels first", []int{2, 2, 5, 4}, []int{3, 2, 3, 3}, func(c *builder) *builder {
			return c.ChannelsAxis(images.ChannelsFirst).PadSame().Strides(2)
		}},
		{"groups", []int{2, 4, 4, 4}, []int{3, 3, 2, 6}, func(c *builder) *builder {
			return c.ChannelGroupCount(2).PadSame()
		}},
		{"groups, even kernel", []int{2, 4, 4, 4}, []int{2, 2, 2, 4}, func(c *builder) *builder {
			return c.ChannelGroupCount(2).Strides(2)
		}},
		{"groups of examples", []int{4, 4, 4, 2}, []int{2, 3, 2, 4}, func(c *builder) *builder {
			return c.BatchGroupCount(2).PadSame()
		}},
		{"depthwise", []int{2, 4, 5, 3}, []int{3, 3, 1, 3}, func(c *builder) *builder {
			return c.ChannelGroupCount(3).PadSame().Strides(2)
		}},
		{"transposed", []int{1, 3, 3, 2}, []int{3, 3, 2, 2}, func(c *builder) *builder {
			return c.PaddingPerDim([][2]int{{1, 2}, {1, 1}}).InputDilationPerAxis(2, 2)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				testderivatives.Check(t, b, func(args []*graph.Node) *graph.Node {
					derivatives.Right(args[0].Graph())
					return tt.set(graph.Convolve(args[0], args[1])).Done()
				}, tt.x, tt.k)
			})
		})
	}
}

// GoMLX's gradient of a convolution with an even kernel is that of another one: y₀ = x₀k₀ + x₁k₁ and y₁ = x₁k₀ + x₂k₁
// give Σyᵢ the x-gradient k₀, k₀ + k₁, k₁.
func TestGoMLXsEvenKernels(t *testing.T) {
	slopes := func(isRight bool) []float64 {
		y, err := graph.CallOnce(testbackend.Go(t), func(x, k *graph.Node) *graph.Node {
			if isRight {
				derivatives.Right(x.Graph())
			}
			return graph.Gradient(graph.ReduceAllSum(graph.Convolve(x, k).NoPadding().Done()), x)[0]
		}, [][][]float64{{{5}, {6}, {7}}}, [][][]float64{{{1}}, {{10}}})
		if err != nil {
			t.Fatal(err)
		}
		return tensors.MustCopyFlatData[float64](y)
	}
	want := []float64{1, 11, 10}
	if got := slopes(true); !slices.Equal(got, want) {
		t.Errorf("slopes %v, want %v", got, want)
	}
	if got := slopes(false); slices.Equal(got, want) {
		t.Errorf("GoMLX's own slopes are %v now, which is right: hasEvenKernel in conv.go can go, and Right with it", got)
	}
}

// Batch norm as GoMLX's layer calls it. The pure-Go engine has none of its operations.
func TestBatchNorm(t *testing.T) {
	b := testbackend.XLA(t)
	for _, axis := range []int{1, 3} {
		shape := []int{3, 2, 4, 2}
		t.Run(fmt.Sprintf("training, features on axis %d", axis), func(t *testing.T) {
			testderivatives.Check(t, b, func(in []*graph.Node) *graph.Node {
				y, _, _ := graph.InternalBatchNormForTraining(in[0], in[1], in[2], 0.01, axis)
				return y
			}, shape, []int{2}, []int{2})
		})
		t.Run(fmt.Sprintf("inference, features on axis %d", axis), func(t *testing.T) {
			testderivatives.Check(t, b, func(in []*graph.Node) *graph.Node {
				return graph.InternalBatchNormForInference(in[0], in[1], in[2], in[3], positive(in[4]), 0.01, axis)
			}, shape, []int{2}, []int{2}, []int{2}, []int{2})
		})
	}
}
