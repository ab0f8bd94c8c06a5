package onnx

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// value is the output of a node. Images and series keep the channels last from one operation that wants them so to the
// next.
type value struct {
	*graph.Node
	last bool // [batch, height, width, channels] where the file has [batch, channels, height, width]; so with series
}

// first has the axes in the order of the file.
func (v value) first() *graph.Node {
	switch {
	case !v.last:
		return v.Node
	case v.Rank() == seriesRank:
		return graph.TransposeAllAxes(v.Node, 0, 2, 1)
	}
	return graph.TransposeAllAxes(v.Node, 0, 3, 1, 2)
}

// axis is where an axis of the file is.
func (v value) axis(i int) int {
	switch {
	case !v.last || i == 0:
		return i
	case i == 1:
		return v.Rank() - 1
	}
	return i - 1
}

// dims are the sizes of the axes in the order of the file.
func (v value) dims() []int {
	dims := make([]int, v.Rank())
	for i := range dims {
		dims[i] = v.Shape().Dim(v.axis(i))
	}
	return dims
}

// seriesRank is the number of axes of series, [batch, channels, length].
const seriesRank = 3

// images has the channels last. Series are images of height 1; it panics for what is neither.
func (v value) images() *graph.Node {
	x := v.Node
	switch {
	case v.Rank() == seriesRank && !v.last:
		x = graph.TransposeAllAxes(x, 0, 2, 1)
	case v.Rank() == 4 && !v.last:
		x = graph.TransposeAllAxes(x, 0, 2, 3, 1)
	case v.Rank() != seriesRank && v.Rank() != 4:
		exceptions.Panicf("it got %s: want images, [batch, channels, height, width], or series, [batch, channels, length]",
			v.Shape())
	}
	if v.Rank() == seriesRank {
		x = graph.ExpandAxes(x, 1)
	}
	return x
}

// like takes images back that were made of v: series where v holds series.
func (v value) like(images *graph.Node) value {
	if v.Rank() == seriesRank {
		images = graph.Squeeze(images, 1)
	}
	return value{images, true}
}

// with is an operation on two values.
func (v value) with(y value, f func(x, y *graph.Node) *graph.Node) value {
	if v.last && y.last && v.Shape().Equal(y.Shape()) {
		return value{f(v.Node, y.Node), true}
	}
	a, b := v.first(), y.first()
	for a.Rank() < b.Rank() {
		a = graph.ExpandAxes(a, 0)
	}
	for b.Rank() < a.Rank() {
		b = graph.ExpandAxes(b, 0)
	}
	return value{f(a, b), false}
}
