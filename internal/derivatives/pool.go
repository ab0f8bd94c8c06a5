package derivatives

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// selectAndScatter is the derivative of y = SelectAndScatter(x, s), which adds each number of s to the position of x
// that is the largest (or smallest) in its window. It is the x-gradient of max pooling. y is linear in s: its
// s-gradient is, for each window, the number of v at the position chosen. The choice is constant, so its x-gradient is
// 0.
func selectAndScatter(y, v *graph.Node) []*graph.Node {
	var w window
	read(y, &w)
	x := y.Inputs()[0]
	worst, better := math.Inf(-1), graph.GreaterThan
	if y.Type() == graph.NodeTypeSelectAndScatterMin {
		worst, better = math.Inf(1), graph.LessThan
	}
	xs, vs := w.shifts(x, worst), w.shifts(v, 0)
	best, chosen := xs[0], vs[0]
	for i, candidate := range xs[1:] {
		wins := better(candidate, best)
		best, chosen = graph.Where(wins, candidate, best), graph.Where(wins, vs[i+1], chosen)
	}
	return []*graph.Node{nil, chosen}
}

// window is what moves over an array in a pooling, an entry for each axis.
type window struct {
	WindowDimensions, WindowStrides []int
	Paddings                        [][2]int // none where empty
}

// shifts returns, for each position within the window in reading order, the array of what all windows have there.
func (w window) shifts(x *graph.Node, outside float64) []*graph.Node {
	if len(w.Paddings) > 0 {
		padding := make([]graph.PadAxis, x.Rank())
		for axis, p := range w.Paddings {
			padding[axis] = graph.PadAxis{Start: p[0], End: p[1]}
		}
		x = graph.Pad(x, graph.Scalar(x.Graph(), x.DType(), outside), padding...)
	}
	all := []*graph.Node{x}
	for axis, size := range w.WindowDimensions {
		stride := w.WindowStrides[axis]
		span := (x.Shape().Dim(axis) - size) / stride * stride // from the first window to the last
		var shifted []*graph.Node
		for _, part := range all {
			for at := range size {
				ranges := make([]graph.SliceAxisSpec, x.Rank())
				for i := range ranges {
					ranges[i] = graph.AxisRange()
				}
				ranges[axis] = graph.AxisRange(at, at+span+1).Stride(stride)
				shifted = append(shifted, graph.Slice(part, ranges...))
			}
		}
		all = shifted
	}
	return all
}

// sumPooling are the parameters of a node y = ReduceWindow(x), if it sums and is not dilated.
type sumPooling struct {
	ReductionType                   compute.ReduceOpType
	WindowDimensions, Strides       []int
	InputDilations, WindowDilations []int
	Paddings                        [][2]int
}

// isBuiltIn tells whether the derivative is left to GoMLX. GoMLX's is right. But for sums it may cut off a surplus with
// a negative padding, on which the pure-Go engine ends the process.
func (p sumPooling) isBuiltIn(y *graph.Node) bool {
	if p.ReductionType != compute.ReduceOpSum || len(p.InputDilations)+len(p.WindowDilations) > 0 ||
		y.Graph().Backend().String() != "go" {
		return true
	}
	for axis, size := range p.WindowDimensions {
		before := p.before(axis)
		reached := (y.Shape().Dim(axis)-1)*p.Strides[axis] + size
		if before > 0 || y.Inputs()[0].Shape().Dim(axis)+before < reached {
			return false
		}
	}
	return true
}

func (p sumPooling) before(axis int) int {
	if len(p.Paddings) == 0 {
		return 0
	}
	return p.Paddings[axis][0]
}

// adjoint returns the x-gradient: at each position, the sum of v over the windows that hold it.
func (p sumPooling) adjoint(y, v *graph.Node) []*graph.Node {
	x := y.Inputs()[0]
	spread := make([]graph.PadAxis, x.Rank())
	ones := make([]int, x.Rank())
	ranges := make([]graph.SliceAxisSpec, x.Rank())
	for axis, size := range p.WindowDimensions {
		n, before, stride := x.Shape().Dim(axis), p.before(axis), p.Strides[axis]
		end := n + before - 1 - (y.Shape().Dim(axis)-1)*stride
		spread[axis] = graph.PadAxis{Start: size - 1, End: max(end, 0), Interior: stride - 1}
		ones[axis] = 1
		ranges[axis] = graph.AxisRange(before, before+n)
	}
	v = graph.Pad(v, graph.ScalarZero(v.Graph(), v.DType()), spread...)
	sums := graph.BackendReduceWindow(v, compute.ReduceOpSum, p.WindowDimensions, ones, nil, nil, nil)
	return []*graph.Node{graph.Slice(sums, ranges...)}
}
