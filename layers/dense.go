package layers

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Dense returns x·weights + biases: [batch, in], [in, out], [out] → [batch, out].
func Dense(x, weights, biases *graph.Node) *graph.Node {
	if x.Rank() != 2 || weights.Rank() != 2 || x.Shape().Dim(1) != weights.Shape().Dim(0) {
		exceptions.Panicf("layers.Dense: got x of shape %s and weights of shape %s: want [batch, in] and [in, out]",
			x.Shape(), weights.Shape())
	}
	return AddBias(graph.Dot(x, weights).Product(), biases)
}

// AddBias adds biases, [channels], to the last axis of x, [..., channels].
func AddBias(x, biases *graph.Node) *graph.Node {
	return graph.Add(x, alongLastAxis(biases, x))
}

// Flatten makes a vector of each example: [batch, ...] → [batch, size of the rest].
func Flatten(x *graph.Node) *graph.Node {
	if x.Rank() < 2 {
		exceptions.Panicf("layers.Flatten: got x of shape %s: want [batch, ...]", x.Shape())
	}
	return graph.Reshape(x, x.Shape().Dim(0), -1)
}

// ReLU returns max(x, 0), with derivative 0 at 0 (GoMLX's own has 1 there). NaN stays NaN.
func ReLU(x *graph.Node) *graph.Node {
	zero := graph.ZerosLike(x)
	return graph.Where(graph.LessOrEqual(x, zero), zero, x)
}

// alongLastAxis shapes v, [channels], such that it meets the last axis of x.
func alongLastAxis(v, x *graph.Node) *graph.Node {
	channels := x.Shape().Dim(-1)
	if v.Rank() != 1 || v.Shape().Dim(0) != channels {
		exceptions.Panicf("layers: got %s for the channels of x of shape %s: want [%d]", v.Shape(), x.Shape(), channels)
	}
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[len(dims)-1] = channels
	return graph.Reshape(v, dims...)
}
