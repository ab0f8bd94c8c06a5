package layers

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// LayerNorm normalises the last axis of x, [..., channels], of each example by itself:
//
//	y = scale · (x − m)/√(s + 1e-5) + offset
//
// with mean m and variance s (dividing by n) over the channels. Variables in the scope: "scale" (at first 1) and
// "offset" (0), [channels], trainable. It is the same in training and in evaluation.
//
// Reference: Ba, Kiros, Hinton (2016), "Layer Normalization", arXiv:1607.06450.
func LayerNorm(scope *model.Scope, x *graph.Node) *graph.Node {
	if x.Rank() < 2 {
		exceptions.Panicf("layers.LayerNorm: got x of shape %s: want [batch, ..., channels]", x.Shape())
	}
	const epsilon = 1e-5
	shape := shapes.Make(x.DType(), x.Shape().Dim(-1))
	scale := Variable(scope, "scale", shape, Constant(1)).NodeValue(x.Graph())
	offset := Variable(scope, "offset", shape, Constant(0)).NodeValue(x.Graph())
	centred := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Square(centred), graph.ReduceMean, -1)
	y := graph.Div(centred, graph.Sqrt(graph.AddScalar(variance, epsilon)))
	return AddBias(graph.Mul(y, alongLastAxis(scale, x)), offset)
}

// GELU is x·Φ(x) in the form of Hendrycks and Gimpel (2016, arXiv:1606.08415), ½x(1 + tanh(√(2/π)(x + 0.044715x³))),
// which differs from x·Φ(x) by 5e-4 at most.
func GELU(x *graph.Node) *graph.Node {
	const root = 0.7978845608028654 // √(2/π)
	cube := graph.Mul(x, graph.Square(x))
	inner := graph.MulScalar(graph.Add(x, graph.MulScalar(cube, 0.044715)), root)
	return graph.Mul(graph.MulScalar(x, 0.5), graph.OnePlus(graph.Tanh(inner)))
}

// Softmax is exp(x)/Σ exp(x) over the last axis. The largest x is taken away before, as a constant: the result does not
// depend on it.
func Softmax(x *graph.Node) *graph.Node {
	e := graph.Exp(graph.Sub(x, graph.StopGradient(graph.ReduceAndKeep(x, graph.ReduceMax, -1))))
	return graph.Div(e, graph.ReduceAndKeep(e, graph.ReduceSum, -1))
}
