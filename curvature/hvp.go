package curvature

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// HVP returns the exact Hessian-vector product of a scalar loss, by differentiating the gradient along v:
//
//	H v = ∇⟨∇L(w), v⟩
//
// w are the nodes at which loss was built, v has their shapes. v is held constant. Every operation between w and loss
// must have a second derivative (package layers has those that GoMLX lacks).
//
// Like every graph function it panics on error, for instance where an operation has no second derivative.
//
// Reference: Pearlmutter (1994), "Fast exact multiplication by the Hessian".
func HVP(loss *graph.Node, w, v []*graph.Node) []*graph.Node {
	return HVPFromGradient(graph.Gradient(loss, w...), w, v)
}

// HVPFromGradient is HVP for a gradient that is already in the graph, so that several products share it.
func HVPFromGradient(gradient, w, v []*graph.Node) []*graph.Node {
	return graph.Gradient(paramvec.Dot(gradient, paramvec.StopGradient(v)), w...)
}
