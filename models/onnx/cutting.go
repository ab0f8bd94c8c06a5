package onnx

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
)

// places lists the positions start, start + step, … before end of an axis, which count from its end where they are
// negative.
func places(n *node, start, end, step float64, size int) (list []int) {
	all := float64(size)
	if start < 0 {
		start += all
	}
	if end < 0 {
		end += all
	}
	switch {
	case step >= 1:
		for i := max(start, 0); i < min(end, all); i += step {
			list = append(list, int(i))
		}
	case step <= -1:
		for i := max(0, min(start, all-1)); i > max(end, -1) && size > 0; i += step {
			list = append(list, int(i))
		}
	default:
		exceptions.Panicf("%s has the step %v: want a whole number, not 0", n, step)
	}
	return list
}

// cuts are the positions that a Slice takes of each axis, nil for all: its settings are starts, ends, axes and steps,
// the last two of which may be missing.
func cuts(n *node, in []*numbers, dims []int) [][]int {
	setting := func(i int, otherwise func(k int) float64) (list []float64) {
		if i < len(in) && in[i] != nil {
			return in[i].at
		}
		for k := range in[0].at {
			list = append(list, otherwise(k))
		}
		return list
	}
	starts, ends := in[0].at, in[1].at
	axes := setting(2, func(k int) float64 { return float64(k) })
	steps := setting(3, func(int) float64 { return 1 })
	if count := len(starts); len(ends) != count || len(axes) != count || len(steps) != count {
		exceptions.Panicf("it has %d starts, %d ends, %d axes and %d steps: want as many", count, len(ends), len(axes),
			len(steps))
	}
	taken := make([][]int, len(dims))
	for k, axis := range axes {
		if axis < 0 {
			axis += float64(len(dims))
		}
		if !(axis >= 0 && int(axis) < len(dims)) {
			exceptions.Panicf("it cuts along axis %v of %v: there is none", axes[k], dims)
		}
		at := int(axis)
		taken[at] = places(n, starts[k], ends[k], steps[k], dims[at])
		if len(taken[at]) == 0 {
			exceptions.Panicf("it takes nothing of axis %d of %v, from %v to %v by %v", at, dims, starts[k], ends[k], steps[k])
		}
	}
	return taken
}

// slice is Slice with settings that are known. onnx-gomlx v0.5.2 gives nothing where the step is negative.
func slice(w *walk, n *node) value {
	x := w.get(n.input(0))
	settings := make([]*numbers, len(n.inputs)-1)
	for i, name := range n.inputs[1:] {
		if name != "" {
			settings[i] = w.known(name)
		}
	}
	if len(settings) < 2 || settings[0] == nil || settings[1] == nil {
		exceptions.Panicf("it has no starts or no ends: want both")
	}
	ranges := make([]layers.Range, x.Rank())
	dims := x.dims()
	taken := cuts(n, settings, dims)
	for i, size := range dims {
		axis := x.axis(i)
		ranges[axis] = layers.Range{End: size, Stride: 1}
		if list := taken[i]; list != nil && (len(list) == 1 || list[1] > list[0]) {
			ranges[axis].Start, ranges[axis].End = list[0], list[len(list)-1]+1
			if len(list) > 1 {
				ranges[axis].Stride = list[1] - list[0]
			}
			taken[i] = nil
		}
	}
	y := layers.Slice(x.Node, ranges...)
	for i, list := range taken {
		if list != nil {
			y = take(y, x.axis(i), list)
		}
	}
	return value{y, x.last}
}

// foldSlice is Slice of numbers that are known, along their first axis.
func foldSlice(n *node, in []*numbers) *numbers {
	x := in[0]
	out := &numbers{dims: slices.Clone(x.dims), whole: x.whole}
	taken := cuts(n, in[1:], x.dims)
	for axis, list := range taken {
		x.only(n, axis == 0 || list == nil)
	}
	if len(taken) == 0 || taken[0] == nil {
		return x
	}
	out.dims[0] = len(taken[0])
	row := len(x.at) / max(1, x.dims[0])
	for _, i := range taken[0] {
		out.at = append(out.at, x.at[i*row:(i+1)*row]...)
	}
	return out
}

// take gives the listed positions of an axis, which may be there twice.
func take(x *graph.Node, axis int, list []int) *graph.Node {
	rows := make([][]int32, len(list))
	for i, at := range list {
		rows[i] = []int32{int32(at)}
	}
	y := graph.Gather(graph.Transpose(x, 0, axis), graph.Const(x.Graph(), rows))
	return graph.Transpose(y, 0, axis)
}

// pad is Pad with paddings that are known: [before of each axis…, after of each axis…], negative where it cuts.
func pad(w *walk, n *node) value {
	x := w.get(n.input(0))
	pads := w.list(n.input(1))
	axes := make([]int, x.Rank())
	for i := range axes {
		axes[i] = i
	}
	if n.input(3) != "" {
		axes = w.list(n.input(3))
	}
	if len(pads) == 0 || len(pads) != 2*len(axes) {
		exceptions.Panicf("it has %d paddings: want two for each of %d axes", len(pads), len(axes))
	}
	before, after := make([]int, x.Rank()), make([]int, x.Rank())
	for i, axis := range axes {
		if axis < 0 {
			axis += x.Rank()
		}
		if axis < 0 || axis >= x.Rank() {
			exceptions.Panicf("it pads axis %d of %s: there is none", axes[i], x.Shape())
		}
		axis = x.axis(axis)
		before[axis], after[axis] = pads[i], pads[len(axes)+i]
		if max(before[axis], after[axis], -before[axis], -after[axis]) > maxSide {
			exceptions.Panicf("a padding of %d and %d: want %d at most", before[axis], after[axis], maxSide)
		}
	}
	mode := n.attributes["mode"].text
	if mode != "" && mode != "constant" {
		y := x.Node
		for axis := range before {
			if before[axis] != 0 || after[axis] != 0 {
				y = take(y, axis, around(mode, x.Shape().Dim(axis), before[axis], after[axis]))
			}
		}
		return value{y, x.last}
	}
	fill := 0.0
	if name := n.input(2); name != "" {
		fill = w.known(name).only(n, len(w.known(name).at) == 1).at[0]
	}
	ranges, paddings := make([]layers.Range, x.Rank()), make([]layers.Padding, x.Rank())
	for axis := range ranges {
		ranges[axis] = layers.Range{Start: max(0, -before[axis]), End: x.Shape().Dim(axis) - max(0, -after[axis]), Stride: 1}
		paddings[axis] = layers.Padding{Before: max(0, before[axis]), After: max(0, after[axis])}
	}
	return value{layers.Pad(layers.Slice(x.Node, ranges...), fill, paddings...), x.last}
}

// around are the positions that stand where an axis is continued: its edge, its mirror image, or itself again.
func around(mode string, size, before, after int) (list []int) {
	for i := -before; i < size+after; i++ {
		at := i
		switch mode {
		case "edge":
			at = min(max(i, 0), size-1)
		case "reflect":
			if size == 1 {
				at = 0
				break
			}
			at = ((i % (2*size - 2)) + 2*size - 2) % (2*size - 2)
			at = min(at, 2*size-2-at)
		case "wrap":
			at = (i%size + size) % size
		default:
			exceptions.Panicf("its mode %s is unknown: want constant, reflect, edge or wrap", mode)
		}
		list = append(list, at)
	}
	if len(list) == 0 {
		exceptions.Panicf("it leaves nothing of an axis of %d: it cuts %d and %d", size, -before, -after)
	}
	return list
}
