package curvature

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// Method says how a Hessian is applied.
type Method int

const (
	// Exact differentiates the gradient along v. It is as precise as the type of the weights allows. A product costs
	// 1.2 to 2.7 gradients on the models measured (docs/curvature.md). Every operation of the model must have a
	// second derivative.
	Exact Method = iota + 1
	// CentralDifference takes (∇L(w + hv) − ∇L(w − hv))/2h: 2 gradients a product, first derivatives only.
	//
	// Its error has one part of order h²·D⁴L and one of order ε‖∇L‖/h from rounding. At kinks (ReLU, max pooling) it
	// also has the jumps of the gradient between w − hv and w + hv, which Exact does not see and which shrink only
	// with more examples. On a residual network with 128 examples they were a tenth of the product along the
	// gradient, and far more than the product along a random direction. Ask DifferenceError before trusting it there.
	CentralDifference
)

// Hessian is H = ∇²L of a Problem, at the weights that the store holds when it is applied. It is an Operator.
type Hessian struct {
	problem *Problem
	method  Method
	radius  float64 // ‖hv‖ of central differences
	scratch []float64
}

// NewHessian returns the Hessian of p by the method given. For central differences the step is that of RelativeStep.
// It fails for another method, and when the weights cannot be read.
func NewHessian(p *Problem, method Method) (*Hessian, error) {
	switch method {
	case Exact:
		if p.products == nil {
			p.products = p.program("exact Hessian product", hessianProduct)
		}
		return &Hessian{problem: p, method: method}, nil
	case CentralDifference:
		return NewDifferenceHessian(p, RelativeStep(p.dtype))
	}
	return nil, fmt.Errorf("curvature: NewHessian got method %d: want Exact or CentralDifference", method)
}

// hessianProduct is the graph of one batch's H·v.
func hessianProduct(s *batchGraph, v []*graph.Node) []*graph.Node {
	w := s.point()
	return []*graph.Node{s.join(HVP(s.loss(), w, s.split(v[0])))}
}

// Dim is the number of parameters.
func (h *Hessian) Dim() int { return h.problem.Dim() }

// Method is the one that the Hessian was made with.
func (h *Hessian) Method() Method { return h.method }

// Apply writes H·src to dst. It fails when the model cannot be differentiated twice, with Exact.
func (h *Hessian) Apply(ctx context.Context, dst, src []float64) error {
	if h.method == CentralDifference {
		return h.difference(ctx, dst, src, h.radius)
	}
	if err := h.problem.product(ctx, h.problem.products, dst, src, nil); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%w (an operation without a second derivative? Package layers has such as do; "+
			"CentralDifference needs first derivatives only)", err)
	}
	return nil
}
