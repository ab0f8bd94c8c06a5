package layers

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Convolution is a convolution under construction: set what differs from the defaults, then call Done.
type Convolution struct {
	x, kernel *graph.Node
	geometry
}

// Convolve prepares the convolution of images with a kernel (as is usual in the field, in fact the cross-correlation):
//
//	y[n, i, j, o] = Σ_{a,b,c} x[n, i·s + a·d − p, j·s + b·d − p, c] · kernel[a, b, c, o]
//
// with stride s, dilation d and padding p; pixels outside the image are zero. x is [batch, height, width, I], kernel
// [kh, kw, I/groups, O], the result [batch, height', width', O]. Without further settings the stride, the dilation and
// the number of groups are 1, and there is no padding.
//
// The result can be differentiated with respect to x and kernel any number of times.
func Convolve(x, kernel *graph.Node) *Convolution {
	if x.Rank() != 4 || kernel.Rank() != 4 {
		exceptions.Panicf("layers.Convolve: got x of shape %s and kernel of shape %s: "+
			"want [batch, height, width, channels] and [height, width, input channels, output channels]", x.Shape(),
			kernel.Shape())
	}
	return &Convolution{x: x, kernel: kernel,
		geometry: geometry{stride: [2]int{1, 1}, dilation: [2]int{1, 1}, groups: 1}}
}

// Stride sets by how many pixels the kernel moves, ≥ 1, along both axes.
func (c *Convolution) Stride(s int) *Convolution { return c.StridePerAxis(s, s) }

// StridePerAxis sets by how many pixels the kernel moves along the height and along the width, each ≥ 1.
func (c *Convolution) StridePerAxis(height, width int) *Convolution {
	c.stride = [2]int{height, width}
	return c
}

// Dilation sets the distance in pixels between neighbouring entries of the kernel, ≥ 1, along both axes.
func (c *Convolution) Dilation(d int) *Convolution { return c.DilationPerAxis(d, d) }

// DilationPerAxis sets the distance in pixels between entries of the kernel that are neighbours along the height, and
// along the width, each ≥ 1.
func (c *Convolution) DilationPerAxis(height, width int) *Convolution {
	c.dilation = [2]int{height, width}
	return c
}

// Same pads with zeros such that the result has ⌈size/stride⌉ pixels along an axis: with k = (kernel size −
// 1)·dilation, ⌊k/2⌋ before and ⌈k/2⌉ after. For kernels of odd size this is symmetric, as in the usual definition of
// residual networks (some frameworks pad on one side only when the stride is 2). Set the dilation first.
func (c *Convolution) Same() *Convolution {
	for axis := range c.padding {
		k := (c.kernel.Shape().Dim(axis) - 1) * c.dilation[axis]
		c.padding[axis] = [2]int{k / 2, k - k/2}
	}
	return c
}

// Padding sets the number of zero pixels added before and after the image along its height and width, each ≥ 0.
func (c *Convolution) Padding(height, width [2]int) *Convolution {
	c.padding = [2][2]int{height, width}
	return c
}

// Groups splits the channels into g equal groups that are convolved separately: output group i sees input group i only.
// The kernel then has I/g input channels. With g = I it is the depthwise convolution.
func (c *Convolution) Groups(g int) *Convolution {
	c.groups = g
	return c
}

// Done adds the convolution to the graph and returns its result. It panics when the shapes and settings do not fit.
func (c *Convolution) Done() *graph.Node {
	x, k := c.x.Shape(), c.kernel.Shape()
	if c.x.DType() != c.kernel.DType() {
		exceptions.Panicf("layers.Convolve: got x of %s and kernel of %s: want the same type", c.x.DType(), c.kernel.DType())
	}
	if c.groups < 1 || x.Dim(3) != k.Dim(2)*c.groups || k.Dim(3)%c.groups != 0 {
		exceptions.Panicf("layers.Convolve: got x of shape %s, kernel of shape %s and %d groups: want input channels = "+
			"kernel input channels × groups, and output channels divisible by groups", x, k, c.groups)
	}
	for axis := range 2 {
		c.image[axis], c.kernelSize[axis] = x.Dim(axis+1), k.Dim(axis)
		if c.stride[axis] < 1 || c.dilation[axis] < 1 || c.padding[axis][0] < 0 || c.padding[axis][1] < 0 {
			exceptions.Panicf("layers.Convolve: got stride %d, dilation %d, padding %v: want stride ≥ 1, dilation ≥ 1, "+
				"padding ≥ 0",
				c.stride[axis], c.dilation[axis], c.padding[axis])
		}
		room := c.image[axis] + c.padding[axis][0] + c.padding[axis][1] - dilated(c.kernelSize[axis], c.dilation[axis])
		if room < 0 {
			exceptions.Panicf("layers.Convolve: the kernel of shape %s with dilation %d does not fit into x of shape %s "+
				"with padding %v: "+
				"use a larger image, a smaller kernel or more padding", k, c.dilation[axis], x, c.padding[axis])
		}
		c.output[axis] = room/c.stride[axis] + 1
	}
	c.batch, c.in, c.out = x.Dim(0), x.Dim(3), k.Dim(3)
	if c.kernelSize == [2]int{1, 1} && c.padding == [2][2]int{} && c.groups == 1 {
		return c.pointwise()
	}
	if onGoEngine(c.x.Graph()) && c.groups == 1 {
		return c.asProduct(c.x, c.kernel)
	}
	return c.forward(c.x, c.kernel)
}

// pointwise is the convolution with a kernel of one pixel: a matrix product, which is faster and has its own
// derivatives.
func (c *Convolution) pointwise() *graph.Node {
	x := c.x
	if c.stride != [2]int{1, 1} {
		x = subsample(x, c.stride)
	}
	y := graph.Dot(graph.Reshape(x, -1, c.in), graph.Reshape(c.kernel, c.in, c.out)).Product()
	return graph.Reshape(y, c.batch, c.output[0], c.output[1], c.out)
}
