package derivatives

import (
	"github.com/gomlx/gomlx/core/graph"
)

// pad is the adjoint of y = Pad(x, fill): the x-gradient is the part of v where x went, and the fill-gradient the sum
// of the rest.
func pad(y, v *graph.Node) []*graph.Node {
	x := y.Inputs()[0]
	var p struct{ AxesConfig []graph.PadAxis }
	read(y, &p)
	dx := unpad(v, x.Shape().Dimensions, p.AxesConfig)
	return []*graph.Node{dx, graph.Sub(graph.ReduceAllSum(v), graph.ReduceAllSum(dx))}
}

// unpad takes from v what Pad laid around and between the positions of an array of the given dimensions. What a
// negative padding had cut off becomes 0.
func unpad(v *graph.Node, dims []int, padding []graph.PadAxis) *graph.Node {
	cut := make([]graph.PadAxis, len(dims)) // by negative paddings
	ranges := make([]graph.SliceAxisSpec, len(dims))
	isCut := false
	for axis, n := range dims {
		var p graph.PadAxis
		if axis < len(padding) {
			p = padding[axis]
		}
		stride, first := p.Interior+1, max(p.Start, 0)
		cut[axis] = graph.PadAxis{Start: max(-p.Start, 0), End: max(-p.End, 0)}
		isCut = isCut || cut[axis].Start+cut[axis].End > 0
		ranges[axis] = graph.AxisRange(first, first+(n-1)*stride+1).Stride(stride)
	}
	if isCut {
		v = graph.Pad(v, graph.ScalarZero(v.Graph(), v.DType()), cut...)
	}
	return graph.Slice(v, ranges...)
}

// reverse is its own adjoint.
func reverse(y, v *graph.Node) []*graph.Node {
	var p struct{ Axes []int }
	read(y, &p)
	return []*graph.Node{graph.Reverse(v, p.Axes...)}
}
