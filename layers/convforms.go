package layers

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/graph"
)

// geometry is all of a convolution but its two operands.
//
// A convolution y = x ∗ k is bilinear, so ⟨v, x ∗ k⟩ is a trilinear form T(x, k, v) of the image x, the kernel k and an
// image v of the output's size. Fixing two of the three and taking the gradient with respect to the third gives
//
//	forward(x, k)        = ∂T/∂v   the convolution itself
//	inputAdjoint(v, k)   = ∂T/∂x   the gradient with respect to the image
//	kernelAdjoint(x, v)  = ∂T/∂k   the gradient with respect to the kernel
//
// and since T is linear in each argument, the derivatives of these three are again these three, with other arguments.
// So derivatives of any order need no other kind of operation: a Hessian-vector product of a layer takes nine
// convolutions where the gradient takes three, each of them in a form for which backends have fast code. (The input
// gradient of strided layers is several such convolutions on a processor, see interleaved, and its derivatives are
// theirs. On XLA CPU the product takes 2 to 3 times as long as the gradient of a small residual network, where
// derivatives of the general convolution with exchanged axes and dilated inputs, which have no fast code, took 12
// times as long.)
type geometry struct {
	stride, dilation          [2]int
	padding                   [2][2]int // before and after, for height and width
	groups                    int
	image, kernelSize, output [2]int // height and width
	batch, in, out            int    // number of images, of channels
}

// dilated is the extent of n positions that are d apart.
func dilated(n, d int) int { return (n-1)*d + 1 }

// canonical are the axes of an ordinary convolution.
var canonical = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3,
	KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
	OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

// forward returns x ∗ k: [batch, image, in], [kernelSize, in/groups, out] → [batch, output, out].
func (c geometry) forward(x, k *graph.Node) *graph.Node {
	y := graph.ConvGeneral(x, k, canonical, c.stride[:], c.padding[:], nil, c.dilation[:], c.groups, 1)
	return withAdjoint(y, func(v *graph.Node) []*graph.Node {
		return []*graph.Node{c.inputAdjoint(v, k), c.kernelAdjoint(x, v)}
	})
}

// inputAdjoint returns the x-gradient of ⟨v, x ∗ k⟩: [batch, output, out], [kernelSize, in/groups, out] → [batch,
// image, in].
//
// It is the convolution of v, with stride−1 zeros between its pixels, with the kernel turned around. Where it is
// faster, interleaved or aroundImages computes it.
func (c geometry) inputAdjoint(v, k *graph.Node) *graph.Node {
	if c.interleaves(v.Graph()) {
		return c.interleaved(v, k)
	}
	var padding [2][2]int
	for axis := range 2 {
		extent := dilated(c.kernelSize[axis], c.dilation[axis])
		before := c.padding[axis][0]
		padding[axis] = [2]int{extent - 1 - before, c.image[axis] + before - dilated(c.output[axis], c.stride[axis])}
	}
	if c.turnsImages(v, k) {
		return c.aroundImages(v, k, padding)
	}
	x := graph.ConvGeneral(v, c.turned(k), canonical, nil, padding[:], c.stride[:], c.dilation[:], c.groups, 1)
	return withAdjoint(x, func(u *graph.Node) []*graph.Node {
		return []*graph.Node{c.forward(u, k), c.turned(c.kernelAdjoint(u, v))}
	})
}

// turnsImages tells whether aroundImages is to compute the input gradient: on a host's processor, without a stride,
// in one group, where the kernel has more numbers than its images.
func (c geometry) turnsImages(v, k *graph.Node) bool {
	images := v.Shape().Size() + c.batch*c.image[0]*c.image[1]*c.in
	return c.stride == [2]int{1, 1} && c.groups == 1 && onHost(k.Graph()) && k.Shape().Size() > images
}

// aroundImages is inputAdjoint with v and the result reversed along height and width, and with the padding exchanged,
// in place of the kernel reversed. The kernel's channels are still exchanged, which XLA on the CPU does several times
// as fast when nothing else has to be done with the kernel.
func (c geometry) aroundImages(v, k *graph.Node, padding [2][2]int) *graph.Node {
	for axis := range padding {
		padding[axis][0], padding[axis][1] = padding[axis][1], padding[axis][0]
	}
	reversed := geometry{
		stride: c.stride, dilation: c.dilation, padding: padding, groups: 1,
		image: c.output, kernelSize: c.kernelSize, output: c.image, batch: c.batch, in: c.out, out: c.in,
	}
	return reverse(reversed.forward(reverse(v, 1, 2), graph.TransposeAllAxes(k, 0, 1, 3, 2)), 1, 2)
}

// turned returns the kernel of the transposed convolution: reversed along height and width, with input and output
// channels exchanged within each group, [kernelSize, in/groups, out] → [kernelSize, out/groups, in].
// It only moves numbers, so its adjoint is its inverse, and the adjoint of f(turned(k)) is that of f, turned.
func (c geometry) turned(k *graph.Node) *graph.Node {
	h, w, g := c.kernelSize[0], c.kernelSize[1], c.groups
	if c.kernelSize != [2]int{1, 1} {
		k = reverse(k, 0, 1)
	}
	if g == 1 {
		return graph.TransposeAllAxes(k, 0, 1, 3, 2)
	}
	k = graph.Reshape(k, h, w, c.in/g, g, c.out/g)
	return graph.Reshape(graph.TransposeAllAxes(k, 0, 1, 4, 3, 2), h, w, c.out/g, c.in)
}

// batchAsChannels are the axes of the convolution that computes a kernel gradient: the sum runs over the images, so
// they take the place of the channels, and the channels that of the images.
var batchAsChannels = compute.ConvolveAxesConfig{
	InputBatch: 3, InputSpatial: []int{1, 2}, InputChannels: 0,
	KernelSpatial: []int{1, 2}, KernelInputChannels: 0, KernelOutputChannels: 3,
	OutputBatch: 2, OutputSpatial: []int{0, 1}, OutputChannels: 3,
}

// kernelAdjoint returns the k-gradient of ⟨v, x ∗ k⟩: [batch, image, in], [batch, output, out] → [kernelSize,
// in/groups, out].
//
// It is a sum over the images, here one of partial sums; see parts.
func (c geometry) kernelAdjoint(x, v *graph.Node) *graph.Node {
	again := func(m *graph.Node) []*graph.Node {
		return []*graph.Node{c.inputAdjoint(v, m), c.forward(x, m)}
	}
	n := c.parts(v)
	if n == 1 && c.groups == 1 {
		return c.partialKernelAdjoint(x, v, again)
	}
	part := c
	part.batch /= n
	var k *graph.Node
	for i := range n {
		images := graph.AxisRange(i*part.batch, (i+1)*part.batch)
		sum := part.partialKernelAdjoint(graph.Slice(x, images), graph.Slice(v, images), nil)
		if k == nil {
			k = sum
		} else {
			// One by one: a sum along an axis of its own takes XLA a tenth of a second to compile, for each layer.
			k = graph.Add(k, sum)
		}
	}
	return compositeOfLarge(k, again, x, v)
}

// partialKernelAdjoint is kernelAdjoint in one convolution. again is its adjoint, nil for groups and where the result
// is not differentiated as it stands. For it backends turn x around, into a copy. The copy waits for v, or it would be
// held from the forward pass on.
func (c geometry) partialKernelAdjoint(x, v *graph.Node, again adjoint) *graph.Node {
	x = after(x, v)
	var padding [2][2]int
	for axis := range 2 {
		extent := dilated(c.kernelSize[axis], c.dilation[axis])
		before := c.padding[axis][0]
		padding[axis] = [2]int{before, dilated(c.output[axis], c.stride[axis]) + extent - 1 - c.image[axis] - before}
	}
	if onHost(x.Graph()) && c.groups == 1 && c.dilation[1] == 1 {
		return c.alongWidth(x, v, padding, again)
	}
	k := graph.ConvGeneral(c.groupsAsImages(x), v, batchAsChannels, c.dilation[:], padding[:], nil, c.stride[:],
		c.groups, 1)
	return withAdjoint(k, again)
}

// pixelsAlongWidth are the axes of alongWidth: as batchAsChannels, but with one image, whose width holds the channels.
var pixelsAlongWidth = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{2, 3}, InputChannels: 1,
	KernelSpatial: []int{1, 2}, KernelInputChannels: 0, KernelOutputChannels: 3,
	OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

// alongWidth is partialKernelAdjoint with the channels of x laid along the width, as they lie in memory: an image of
// [height, width·in] numbers, in which neighbouring pixels are as far apart as there are channels. The result is then
// kernel width·in wide, not kernel width. A convolution on a processor computes that many numbers at a time: three
// would keep too few of its units busy, and go through all of v for each channel of x.
func (c geometry) alongWidth(x, v *graph.Node, padding [2][2]int, again adjoint) *graph.Node {
	kernel := []int{c.kernelSize[0], c.kernelSize[1], c.in, c.out}
	wide := graph.Reshape(x, 1, c.batch, c.image[0], c.image[1]*c.in)
	padding[1] = [2]int{padding[1][0] * c.in, padding[1][1] * c.in}
	k := graph.ConvGeneral(wide, v, pixelsAlongWidth, []int{c.dilation[0], 1}, padding[:], nil, []int{c.stride[0],
		c.stride[1] * c.in}, 1, 1)
	if again != nil {
		k = withAdjoint(k, func(m *graph.Node) []*graph.Node {
			of := again(graph.Reshape(m, kernel...))
			return []*graph.Node{graph.Reshape(of[0], wide.Shape().Dimensions...), of[1]}
		})
	}
	return graph.Reshape(k, kernel...)
}

// parts is the number of partial sums for a kernel gradient, a divisor of the number of images. A convolution that sums
// over many images passes one operand, all of v, through the processor's cache again and again. On XLA CPU partial sums
// over about 2 MB of v at a time took three quarters of the time for 128 images of 28×28 pixels and 16 channels.
// Accelerators, and images that are spread over devices, get one convolution.
func (c geometry) parts(v *graph.Node) int {
	if !onHost(v.Graph()) {
		return 1
	}
	return divide(c.batch, v.Shape().Size()*v.DType().Size())
}

// onHost tells whether the graph is for one device that is the host's processor.
func onHost(g *graph.Graph) bool {
	return g.Backend().HasSharedBuffers() && g.DistributedStrategy() == distributed.None
}

// divide returns into how many equal parts to cut n images of that many bytes in all: the first divisor of n that makes
// parts of at most 2 MB, or the last one up to 10. 16 parts were slower than 8 for all images that were tried, and each
// part is an operation to compile.
func divide(n, bytes int) int {
	const portion, most = 2 << 20, 10
	parts := 1
	for candidate := 2; candidate <= most && bytes/parts > portion; candidate++ {
		if n%candidate == 0 {
			parts = candidate
		}
	}
	return parts
}

// groupsAsImages moves the groups of the channels to the axis of the images, [batch, image, in] →
// [groups·batch, image, in/groups].
func (c geometry) groupsAsImages(x *graph.Node) *graph.Node {
	if c.groups == 1 {
		return x
	}
	h, w, g := c.image[0], c.image[1], c.groups
	x = graph.TransposeAllAxes(graph.Reshape(x, c.batch, h, w, g, c.in/g), 3, 0, 1, 2, 4)
	return graph.Reshape(x, g*c.batch, h, w, c.in/g)
}

// after returns x, computed only after y: a few numbers of y enter it, multiplied by 0. (Their sum, because XLA
// computes a sum once. A single number it would compute again at each use, and hold for that what it is computed from.)
// On accelerators, where this would be an extra pass over x, and on several devices it is x itself.
func after(x, y *graph.Node) *graph.Node {
	if !onHost(x.Graph()) {
		return x
	}
	few := graph.StopGradient(graph.Slice(graph.Reshape(y, -1), graph.AxisRange(0, min(8, y.Shape().Size()))))
	return graph.Add(x, graph.MulScalar(graph.ReduceAllSum(graph.ConvertDType(graph.IsFinite(few), x.DType())), 0))
}
