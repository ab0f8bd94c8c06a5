package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// interleaves tells whether interleaved is to compute the input gradient: with a stride, on a host's processor, for
// kernels that are not dilated, in one group, and larger than the padding by the stride or more, so that no part needs
// a negative padding.
func (c geometry) interleaves(g *graph.Graph) bool {
	if c.stride == [2]int{1, 1} || c.stride[1] == 1 || c.dilation != [2]int{1, 1} || c.groups != 1 || !onHost(g) {
		return false
	}
	for axis, s := range c.stride {
		if c.kernelSize[axis]-c.padding[axis][0] < s || c.window(axis, 0, 1).after < 0 {
			return false
		}
	}
	return true
}

// interleaved is inputAdjoint for strides above 1. Of the pixels of x, those that are a stride apart see the same
// entries of the kernel: along one axis, with stride s and padding p,
//
//	∂x[q·s + r] = Σ_o v[o] · k[r + p − s·(o − q)]
//
// which for each remainder r is a convolution of v, of stride 1, with every s-th entry of the kernel, turned around.
// Rows are computed remainder by remainder and laid between each other. Along the width all remainders are computed
// at once, as channels of one convolution: its result lies in memory as it should, pixel by pixel. With 3×3 entries
// and a stride of 2 that takes 4 products where 3 would do; the convolution of v with stride − 1 zeros between its
// pixels takes 12, and XLA has no fast code for it on the CPU.
func (c geometry) interleaved(v, k *graph.Node) *graph.Node {
	width := c.window(1, 0, c.stride[1])
	rows := make([]*graph.Node, c.stride[0])
	for r := range rows {
		height := c.window(0, r, 1)
		part := geometry{
			stride: [2]int{1, 1}, dilation: [2]int{1, 1}, groups: 1,
			padding: [2][2]int{{height.before, height.after}, {width.before, width.after}},
			image:   c.output, kernelSize: [2]int{height.taps, width.taps}, output: [2]int{height.output, width.output},
			batch: c.batch, in: c.out, out: c.stride[1] * c.in,
		}
		kernel := reverse(c.sees(c.sees(k, 0, height), 1, width), 0, 1) // [taps, taps, stride, in, out]
		kernel = graph.TransposeAllAxes(kernel, 0, 1, 4, 2, 3)
		kernel = graph.Reshape(kernel, height.taps, width.taps, c.out, c.stride[1]*c.in)
		rows[r] = graph.Reshape(part.forward(v, kernel), c.batch, height.output, 1, -1)
	}
	x := graph.Concatenate(rows, 2)
	x = graph.Reshape(x, c.batch, rows[0].Shape().Dim(1)*c.stride[0], width.output*c.stride[1], c.in)
	return Slice(x, whole(c.batch), whole(c.image[0]), whole(c.image[1]), whole(c.in))
}

// window is what the pixels of x with some remainders see along one axis: of the kernel, and of v.
type window struct {
	start, end    int // of the entries of the kernel; what is beyond it on either side is 0
	remainders    int
	taps          int // pixels of v
	before, after int // zeros around v
	output        int // pixels of x with the same remainder
}

// window returns what the remainders first, first+1, … see.
func (c geometry) window(axis, first, remainders int) window {
	s, p, last := c.stride[axis], c.padding[axis][0], first+remainders-1
	before, highest := (c.kernelSize[axis]-1-p-first)/s, (last+p)/s // −before ≤ o − q ≤ highest
	w := window{
		start: first + p - s*highest, end: last + p + s*before + 1, remainders: remainders,
		taps: before + 1 + highest, before: before, output: (c.image[axis] + s - 1) / s,
	}
	w.after = w.output + highest - c.output[axis]
	return w
}

// sees returns the entries of a kernel that a window sees, the axis cut into [taps, remainders] or, for one
// remainder, [taps].
func (c geometry) sees(k *graph.Node, axis int, w window) *graph.Node {
	dims := k.Shape().Dimensions
	if w.remainders == 1 {
		ranges := make([]Range, len(dims))
		for i, n := range dims {
			ranges[i] = whole(n)
		}
		ranges[axis] = Range{Start: w.start, End: w.end, Stride: c.stride[axis]}
		return Slice(k, ranges...)
	}
	padding := make([]Padding, len(dims))
	padding[axis] = Padding{Before: -w.start, After: w.end - dims[axis]}
	split := slices.Concat(dims[:axis], []int{w.taps, w.remainders}, dims[axis+1:])
	return graph.Reshape(Pad(k, 0, padding...), split...)
}
