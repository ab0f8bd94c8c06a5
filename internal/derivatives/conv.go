package derivatives

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// convolution is the node y = x ∗ k of a general convolution: any order of axes, strides, dilations of x and of k, and
// paddings, which may be negative.
type convolution struct {
	x, k *graph.Node
	convolutionParameters
}

type convolutionParameters struct {
	Axes                               compute.ConvolveAxesConfig
	Strides                            []int
	Paddings                           [][2]int
	InputDilations, KernelDilations    []int
	ChannelGroupCount, BatchGroupCount int
}

func convolutionOf(y *graph.Node) convolution {
	c := convolution{x: y.Inputs()[0], k: y.Inputs()[1]}
	read(y, &c.convolutionParameters)
	return c
}

// OfConvolution is the derivative of the node y of a convolution, of any kind: it maps v, the y-gradient, to the
// gradients of x and k.
func OfConvolution(y, v *graph.Node) []*graph.Node { return convolutionOf(y).adjoints(v) }

// isBuiltIn tells whether the derivative is left to GoMLX. GoMLX's covers what models do: x and y have their axes in
// one order, the kernel is [..., in, out], or [out, in, ...] where the channels of x come first, and x is not dilated.
// But its gradient with respect to x is wrong, by one position, along axes where the kernel's extent is even
// (TestGoMLXsEvenKernels).
func (c convolution) isBuiltIn() bool {
	a := c.Axes
	if right(c.x.Graph()) && c.hasEvenKernel() {
		return false
	}
	channelsFirst := a.InputChannels < c.x.Rank()-1
	return len(c.InputDilations) == 0 && a.InputBatch == a.OutputBatch && a.InputChannels == a.OutputChannels &&
		slices.Equal(a.InputSpatial, a.OutputSpatial) && (a.KernelOutputChannels < a.KernelInputChannels) == channelsFirst
}

func (c convolution) hasEvenKernel() bool {
	for i, axis := range c.Axes.KernelSpatial {
		if extent(c.k.Shape().Dim(axis), at(c.KernelDilations, i))%2 == 0 {
			return true
		}
	}
	return false
}

// adjoints returns the gradients of ⟨v, x ∗ k⟩ with respect to x and k, each a convolution again. With d(n, s) = (n −
// 1)·s + 1, the extent of n positions that are s apart, and along one axis
//
//	in = d(x's size, x's dilation),  kernel = d(k's size, k's dilation),  out = d(y's size, stride),  low = the
//	padding before x
//
// the x-gradient is the convolution of v with k reversed, with stride and x's dilation exchanged, padded by kernel −
// low − 1 and in − out + low. The k-gradient is the convolution of x with v, with stride and k's dilation exchanged,
// padded by low and out + kernel − in − 1 − low.
func (c convolution) adjoints(v *graph.Node) []*graph.Node {
	if c.ChannelGroupCount > 1 || c.BatchGroupCount > 1 {
		return c.adjointsOfGroups(v)
	}
	a := c.Axes
	towardsX, towardsK := make([][2]int, len(a.InputSpatial)), make([][2]int, len(a.InputSpatial))
	for i := range a.InputSpatial {
		in := extent(c.x.Shape().Dim(a.InputSpatial[i]), at(c.InputDilations, i))
		kernel := extent(c.k.Shape().Dim(a.KernelSpatial[i]), at(c.KernelDilations, i))
		out := extent(v.Shape().Dim(a.OutputSpatial[i]), at(c.Strides, i))
		low := 0
		if len(c.Paddings) > 0 {
			low = c.Paddings[i][0]
		}
		towardsX[i] = [2]int{kernel - low - 1, in - out + low}
		towardsK[i] = [2]int{low, out + kernel - in - 1 - low}
	}
	dx := convolve(v, graph.Reverse(c.k, a.KernelSpatial...), compute.ConvolveAxesConfig{
		InputBatch: a.OutputBatch, InputSpatial: a.OutputSpatial, InputChannels: a.OutputChannels,
		KernelInputChannels: a.KernelOutputChannels, KernelSpatial: a.KernelSpatial,
		KernelOutputChannels: a.KernelInputChannels, OutputBatch: a.InputBatch,
		OutputSpatial: a.InputSpatial, OutputChannels: a.InputChannels,
	}, c.InputDilations, towardsX, c.Strides, c.KernelDilations)
	dk := convolve(c.x, v, compute.ConvolveAxesConfig{
		InputBatch: a.InputChannels, InputSpatial: a.InputSpatial, InputChannels: a.InputBatch,
		KernelSpatial: a.OutputSpatial, KernelInputChannels: a.OutputBatch, KernelOutputChannels: a.OutputChannels,
		OutputBatch: a.KernelInputChannels, OutputSpatial: a.KernelSpatial, OutputChannels: a.KernelOutputChannels,
	}, c.KernelDilations, towardsK, c.InputDilations, c.Strides)
	return []*graph.Node{dx, dk}
}

// adjointsOfGroups is adjoints for each group of channels, or of examples, by itself.
func (c convolution) adjointsOfGroups(v *graph.Node) []*graph.Node {
	groups, axis := c.ChannelGroupCount, c.Axes.InputChannels
	if c.BatchGroupCount > 1 {
		groups, axis = c.BatchGroupCount, c.Axes.InputBatch
	}
	xs, ks := graph.Split(c.x, axis, groups), graph.Split(c.k, c.Axes.KernelOutputChannels, groups)
	var dx, dk []*graph.Node
	for i, part := range graph.Split(v, c.Axes.OutputChannels, groups) {
		group := convolution{x: xs[i], k: ks[i], convolutionParameters: c.convolutionParameters}
		group.ChannelGroupCount, group.BatchGroupCount = 1, 1
		of := group.adjoints(part)
		dx, dk = append(dx, of[0]), append(dk, of[1])
	}
	return []*graph.Node{graph.Concatenate(dx, axis), graph.Concatenate(dk, c.Axes.KernelOutputChannels)}
}

// convolve is graph.ConvGeneral in one group, with none in place of strides and dilations of 1.
func convolve(x, k *graph.Node, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int) *graph.Node {
	return graph.ConvGeneral(x, k, axes, orNone(strides), paddings, orNone(inputDilations), orNone(kernelDilations), 1, 1)
}

func orNone(steps []int) []int {
	if slices.ContainsFunc(steps, func(s int) bool { return s != 1 }) {
		return steps
	}
	return nil
}

// at is the i-th step, 1 where there are none.
func at(steps []int, i int) int {
	if len(steps) == 0 {
		return 1
	}
	return steps[i]
}

// extent is that of n positions that are step apart.
func extent(n, step int) int { return (n-1)*step + 1 }
