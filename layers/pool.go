package layers

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Pooling is a pooling operation under construction: set what differs from the defaults, then call Done.
type Pooling struct {
	x       *graph.Node
	window  [2]int // height and width
	stride  [2]int
	padding [2][2]int // before and after, for height and width
	build   func(p *Pooling) *graph.Node
}

// MaxPool prepares the largest value of each window × window pixels of the images x, [batch, height, width, channels],
// channel by channel. Without further settings windows do not overlap (stride = window) and there is no padding.
// Padded pixels never win. When several pixels of a window are equally large, the first in reading order gets the
// gradient.
func MaxPool(x *graph.Node, window int) *Pooling {
	return newPooling(x, window, (*Pooling).max)
}

// MeanPool prepares the mean of each window × window pixels of the images x, like [MaxPool]. Padded pixels do not
// count: a window at the edge is averaged over the pixels of the image in it.
func MeanPool(x *graph.Node, window int) *Pooling {
	return newPooling(x, window, (*Pooling).mean)
}

// GlobalMeanPool returns the mean over all pixels, [batch, height, width, channels] → [batch, channels].
func GlobalMeanPool(x *graph.Node) *graph.Node {
	if x.Rank() != 4 {
		exceptions.Panicf("layers.GlobalMeanPool: got x of shape %s: want [batch, height, width, channels]", x.Shape())
	}
	return graph.ReduceMean(x, 1, 2)
}

func newPooling(x *graph.Node, window int, build func(p *Pooling) *graph.Node) *Pooling {
	if x.Rank() != 4 {
		exceptions.Panicf("layers: cannot pool x of shape %s: want [batch, height, width, channels]", x.Shape())
	}
	return &Pooling{x: x, window: [2]int{window, window}, stride: [2]int{window, window}, build: build}
}

// Window sets a window that is not square, in pixels, each ≥ 1. The stride stays what it was.
func (p *Pooling) Window(height, width int) *Pooling {
	p.window = [2]int{height, width}
	return p
}

// Stride sets the distance in pixels between neighbouring windows, ≥ 1, along both axes.
func (p *Pooling) Stride(s int) *Pooling { return p.StridePerAxis(s, s) }

// StridePerAxis sets the distance in pixels between windows that are neighbours along the height, and along the width,
// each ≥ 1.
func (p *Pooling) StridePerAxis(height, width int) *Pooling {
	p.stride = [2]int{height, width}
	return p
}

// Padding sets the number of pixels added before and after the image along its height and width. Each must be ≥ 0 and
// less than the window, so that no window consists of padding alone.
func (p *Pooling) Padding(height, width [2]int) *Pooling {
	p.padding = [2][2]int{height, width}
	return p
}

// Done adds the pooling to the graph and returns its result, [batch, height', width', channels] with
// height' = ⌊(height + padding − window)/stride⌋ + 1. It panics when the shapes and settings do not fit.
func (p *Pooling) Done() *graph.Node {
	for axis, pad := range p.padding {
		window, stride := p.window[axis], p.stride[axis]
		if window < 1 || stride < 1 {
			exceptions.Panicf("layers: cannot pool with window %d and stride %d: want both ≥ 1", window, stride)
		}
		if pad[0] < 0 || pad[1] < 0 || pad[0] >= window || pad[1] >= window {
			exceptions.Panicf("layers: cannot pool with padding %v: want 0 ≤ padding < window (%d)", pad, window)
		}
		if size := p.x.Shape().Dim(axis+1) + pad[0] + pad[1]; size < window {
			exceptions.Panicf("layers: a pooling window of %d does not fit into x of shape %s with padding %v: "+
				"use a larger image or a smaller window", window, p.x.Shape(), pad)
		}
	}
	return p.build(p)
}

// shifts returns, for each of the positions within the window in reading order, the image of the pixels that all
// windows have at that position. A pooling is an operation across these images.
func (p *Pooling) shifts(x *graph.Node, padValue float64) []*graph.Node {
	h, w := p.padding[0], p.padding[1]
	x = Pad(x, padValue, Padding{}, Padding{Before: h[0], After: h[1]}, Padding{Before: w[0], After: w[1]}, Padding{})
	dims := x.Shape().Dimensions
	rows, columns := (dims[1]-p.window[0])/p.stride[0], (dims[2]-p.window[1])/p.stride[1]
	all := make([]*graph.Node, 0, p.pixels())
	for i := range p.window[0] {
		for j := range p.window[1] {
			all = append(all, Slice(x,
				whole(dims[0]),
				Range{Start: i, End: i + rows*p.stride[0] + 1, Stride: p.stride[0]},
				Range{Start: j, End: j + columns*p.stride[1] + 1, Stride: p.stride[1]},
				whole(dims[3])))
		}
	}
	return all
}

// pixels is the number of positions within the window.
func (p *Pooling) pixels() int { return p.window[0] * p.window[1] }

// max chooses the first largest among the shifts. The choice is held constant in derivatives. It is constant except
// where two pixels of a window are equal. So max pooling is linear there, and its higher derivatives are zero.
func (p *Pooling) max() *graph.Node {
	shifts := p.shifts(p.x, math.Inf(-1))
	largest := shifts[0]
	for _, s := range shifts[1:] {
		wins := graph.Or(graph.GreaterThan(s, largest), graph.NotEqual(s, s)) // NaN wins, and stays
		largest = graph.Where(wins, s, largest)
	}
	return largest
}

// mean is the sum of the shifts over the number of pixels inside the image.
func (p *Pooling) mean() *graph.Node {
	sum := addAll(p.shifts(p.x, 0))
	if p.padding == [2][2]int{} {
		return graph.DivScalar(sum, float64(p.pixels()))
	}
	dims := p.x.Shape().Clone()
	dims.Dimensions[0], dims.Dimensions[3] = 1, 1
	inside := addAll(p.shifts(graph.Ones(p.x.Graph(), dims), 0))
	return graph.Div(sum, inside)
}

func addAll(terms []*graph.Node) *graph.Node {
	sum := terms[0]
	for _, t := range terms[1:] {
		sum = graph.Add(sum, t)
	}
	return sum
}
