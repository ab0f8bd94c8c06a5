package derivatives

import "github.com/gomlx/gomlx/core/graph"

// identity: y = x.
func identity(_, v *graph.Node) []*graph.Node { return []*graph.Node{v} }

// rsqrt: y = x^-½, dy/dx = −y/2x.
func rsqrt(y, v *graph.Node) []*graph.Node {
	return []*graph.Node{graph.Mul(v, graph.MulScalar(graph.Div(y, y.Inputs()[0]), -0.5))}
}

// expm1: y = eˣ − 1, dy/dx = eˣ.
func expm1(y, v *graph.Node) []*graph.Node {
	return []*graph.Node{graph.Mul(v, graph.Exp(y.Inputs()[0]))}
}

// sign is constant on both sides of 0.
func sign(_, v *graph.Node) []*graph.Node { return []*graph.Node{graph.ZerosLike(v)} }
