package curvature

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// HVP returns the exact Hessian-vector product of a scalar loss, by differentiating the gradient along v:
//
//	H v = ∇⟨∇L(w), v⟩
//
// w are the nodes at which loss was built. v has their shapes, and so has the result. v is held constant.
//
// Like every graph function it panics on error, for instance where an operation between w and loss has no second
// derivative. docs/curvature.md says which layers have one.
//
// Reference: Pearlmutter (1994), "Fast exact multiplication by the Hessian".
func HVP(loss *graph.Node, w, v []*graph.Node) []*graph.Node {
	return HVPFromGradient(graph.Gradient(loss, w...), w, v)
}

// HVPFromGradient is HVP for a gradient that is already in the graph. Several products can share it.
func HVPFromGradient(gradient, w, v []*graph.Node) []*graph.Node {
	return graph.Gradient(paramvec.Dot(gradient, paramvec.StopGradient(v)), w...)
}
