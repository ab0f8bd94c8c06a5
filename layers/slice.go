package layers

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// A Range selects the positions Start, Start+Stride, … below End of one axis.
type Range struct {
	Start, End, Stride int
}

// whole is the range of all n positions.
func whole(n int) Range { return Range{Start: 0, End: n, Stride: 1} }

// Slice returns the part of x that the ranges select, one range for each axis of x:
//
//	y[i, j, …] = x[r₀.Start + i·r₀.Stride, r₁.Start + j·r₁.Stride, …]
//
// It panics unless 0 ≤ Start < End ≤ size of the axis and Stride ≥ 1. Its adjoint is [Pad] with zeros.
func Slice(x *graph.Node, ranges ...Range) *graph.Node {
	if len(ranges) != x.Rank() {
		exceptions.Panicf("layers.Slice: got %d ranges for x of shape %s: want one for each axis", len(ranges), x.Shape())
	}
	specs := make([]graph.SliceAxisSpec, len(ranges))
	padding := make([]Padding, len(ranges)) // to undo the slice
	for axis, r := range ranges {
		size := x.Shape().Dim(axis)
		if !(0 <= r.Start && r.Start < r.End && r.End <= size && r.Stride >= 1) {
			exceptions.Panicf("layers.Slice: got range %+v for axis %d of x of shape %s: "+
				"want 0 ≤ Start < End ≤ %d and Stride ≥ 1", r, axis, x.Shape(), size)
		}
		specs[axis] = graph.AxisRange(r.Start, r.End).Stride(r.Stride)
		last := r.Start + (r.End-1-r.Start)/r.Stride*r.Stride
		padding[axis] = Padding{Before: r.Start, After: size - 1 - last, Between: r.Stride - 1}
	}
	return withAdjoint(graph.Slice(x, specs...), func(v *graph.Node) []*graph.Node {
		return []*graph.Node{Pad(v, 0, padding...)}
	})
}

// Padding is what [Pad] inserts along one axis: Before the first position, After the last, Between any two neighbours.
type Padding struct {
	Before, After, Between int
}

// Pad inserts positions that hold value, with one Padding for each axis of x. Amounts must be ≥ 0. Its adjoint is
// [Slice].
func Pad(x *graph.Node, value float64, padding ...Padding) *graph.Node {
	if len(padding) != x.Rank() {
		exceptions.Panicf("layers.Pad: got %d paddings for x of shape %s: want one for each axis", len(padding), x.Shape())
	}
	if !slices.ContainsFunc(padding, func(p Padding) bool { return p != Padding{} }) {
		return x
	}
	axes := make([]graph.PadAxis, len(padding))
	ranges := make([]Range, len(padding)) // to undo the padding
	for axis, p := range padding {
		if p.Before < 0 || p.After < 0 || p.Between < 0 {
			exceptions.Panicf("layers.Pad: got padding %+v for axis %d: want amounts ≥ 0; to remove positions use layers.Slice",
				p, axis)
		}
		axes[axis] = graph.PadAxis{Start: p.Before, End: p.After, Interior: p.Between}
		stride := p.Between + 1
		ranges[axis] = Range{Start: p.Before, End: p.Before + (x.Shape().Dim(axis)-1)*stride + 1, Stride: stride}
	}
	fill := graph.Scalar(x.Graph(), x.DType(), value)
	return withAdjoint(graph.Pad(x, fill, axes...), func(v *graph.Node) []*graph.Node {
		return []*graph.Node{Slice(v, ranges...), nil} // none for the fill value, a constant
	})
}

// Subsample returns every stride-th pixel of the images x along height and width, beginning with the first:
// [batch, height, width, channels] → [batch, ⌈height/stride⌉, ⌈width/stride⌉, channels].
func Subsample(x *graph.Node, stride int) *graph.Node {
	if x.Rank() != 4 {
		exceptions.Panicf("layers.Subsample: got x of shape %s: want [batch, height, width, channels]", x.Shape())
	}
	return subsample(x, [2]int{stride, stride})
}

// subsample is Subsample with a stride for each axis.
func subsample(x *graph.Node, stride [2]int) *graph.Node {
	ranges := make([]Range, 4)
	for axis, step := range []int{1, stride[0], stride[1], 1} {
		ranges[axis] = Range{Start: 0, End: x.Shape().Dim(axis), Stride: step}
	}
	return Slice(x, ranges...)
}

// reverse turns x around along the axes. It is its own adjoint.
func reverse(x *graph.Node, axes ...int) *graph.Node {
	return withAdjoint(graph.Reverse(x, axes...), func(v *graph.Node) []*graph.Node {
		return []*graph.Node{reverse(v, axes...)}
	})
}
