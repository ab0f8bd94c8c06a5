package derivatives

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// normalization are the parameters of a batch norm: one mean and variance for each position along FeatureAxis.
type normalization struct {
	Epsilon     float32
	FeatureAxis int
}

// batchNormForInference is the derivative of y = (x − mean)·scale/√(variance + ε) + offset, from its arithmetic.
func batchNormForInference(y, v *graph.Node) []*graph.Node {
	var n normalization
	read(y, &n)
	in := apart(y.Inputs()) // x, scale, offset, mean, variance
	x := in[0]
	mean, variance := n.along(in[3], x), n.along(in[4], x)
	if UsesBatchStatistics(y.Graph()) {
		mean, variance = n.statistics(x)
	}
	normalized := graph.Div(graph.Sub(x, mean), graph.Sqrt(graph.AddScalar(variance, float64(n.Epsilon))))
	again := graph.Add(graph.Mul(normalized, n.along(in[1], x)), n.along(in[2], x))
	return graph.Gradient(graph.ReduceAllSum(graph.Mul(again, v)), in...)
}

// batchNormGradient is the derivative of the three gradients that GoMLX takes of batch norm in training:
//
//	∂x = scale/√(s + ε)·(v − mean(v) − x̂·mean(v·x̂)),  ∂scale = Σ v·x̂,  ∂offset = Σ v        x̂ = (x − m)/√(s + ε)
//
// with m and s the mean and variance of x, and v the gradient with respect to the result. Here m and s are functions of
// x. The node's own inputs mean and variance, which are computed from x, are not used.
func batchNormGradient(y *graph.Node, w []*graph.Node, _ shapes.Shape) []*graph.Node {
	var n normalization
	read(y, &n)
	inputs := y.Inputs() // x, scale, mean, variance, v
	in := apart([]*graph.Node{inputs[0], inputs[1], inputs[4]})
	x, scale, v := in[0], in[1], in[2]
	mean, variance := n.statistics(x)
	root := graph.Sqrt(graph.AddScalar(variance, float64(n.Epsilon)))
	normalized := graph.Div(graph.Sub(x, mean), root)
	centred := graph.Sub(graph.Sub(v, n.mean(v)), graph.Mul(normalized, n.mean(graph.Mul(v, normalized))))
	dx := graph.Mul(graph.Div(n.along(scale, x), root), centred)
	dscale := graph.ReduceSum(graph.Mul(v, normalized), n.others(x)...)
	doffset := graph.ReduceSum(v, n.others(x)...)
	sum := graph.ReduceAllSum(graph.Mul(dx, w[0]))
	sum = graph.Add(sum, graph.ReduceAllSum(graph.Mul(dscale, w[1])))
	sum = graph.Add(sum, graph.ReduceAllSum(graph.Mul(doffset, w[2])))
	g := graph.Gradient(sum, in...)
	return []*graph.Node{g[0], g[1], nil, nil, g[2]}
}

// apart returns nodes with the values of x that are inputs of nothing yet: what is built on them can be differentiated
// with respect to them alone, even where one of x is computed from another.
func apart(x []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(x))
	for i := range x {
		out[i] = graph.Identity(x[i])
	}
	return out
}

// statistics are mean and variance of x, with 1 for every axis but the features'.
func (n normalization) statistics(x *graph.Node) (mean, variance *graph.Node) {
	mean = n.mean(x)
	return mean, n.mean(graph.Square(graph.Sub(x, mean)))
}

// mean averages over all axes but the features', which are kept with size 1.
func (n normalization) mean(x *graph.Node) *graph.Node {
	return graph.ReduceAndKeep(x, graph.ReduceMean, n.others(x)...)
}

// others are all axes but the features'.
func (n normalization) others(x *graph.Node) []int {
	var axes []int
	for axis := range x.Rank() {
		if axis != n.FeatureAxis {
			axes = append(axes, axis)
		}
	}
	return axes
}

// along lays one number for each feature along their axis of x.
func (n normalization) along(features, x *graph.Node) *graph.Node {
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[n.FeatureAxis] = x.Shape().Dim(n.FeatureAxis)
	return graph.Reshape(features, dims...)
}
