package curvature

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// Method says how a Hessian is applied.
type Method int

const (
	// Exact differentiates the gradient along v. It is as precise as the type of the weights allows. Every operation of
	// the model must have a second derivative. A product costs 1.2 to 2.7 gradients on the models measured.
	// docs/curvature.md has both tables.
	Exact Method = iota + 1
	// CentralDifference takes (∇L(w + hv) − ∇L(w − hv))/2h: 2 gradients a product, first derivatives only.
	//
	// Its error has one part of order h²·D⁴L and one of order ε‖∇L‖/h from rounding. At kinks (ReLU, max pooling) it
	// also has the jumps of the gradient between w − hv and w + hv, which Exact does not see and which shrink only
	// with more examples. On a residual network with 128 examples they were a tenth of the product along the
	// gradient, and far more than the product along a random direction. Ask DifferenceError before trusting it there.
	CentralDifference
	// Automatic is Exact, or CentralDifference where the first exact product fails because a second derivative is
	// missing. Hessian.Fallback then says why.
	Automatic
)

// Hessian is H = ∇²L of a Problem, at the weights that the store holds when it is applied. It is an Operator.
type Hessian struct {
	problem   *Problem
	method    Method  // Exact or CentralDifference: the one in use
	radius    float64 // ‖hv‖ of central differences
	scratch   []float64
	minus     []float64 // the gradient on the other side
	undecided bool      // Automatic, before the first product
	fallback  error     // why Automatic changed to central differences; nil while it has not
}

// NewHessian returns the Hessian of p by the method given. For central differences the step is that of RelativeStep.
// It fails for another method, and with CentralDifference where NewDifferenceHessian does.
func NewHessian(p *Problem, method Method) (*Hessian, error) {
	switch method {
	case Exact, Automatic:
		if p.products == nil {
			p.products = p.program("exact Hessian product", hessianProduct)
		}
		return &Hessian{problem: p, method: Exact, undecided: method == Automatic}, nil
	case CentralDifference:
		return NewDifferenceHessian(p, RelativeStep(p.dtype))
	}
	return nil, fmt.Errorf("curvature: NewHessian got method %d: want Exact, CentralDifference or Automatic", method)
}

// hessianProduct is the graph of one batch's H·v.
func hessianProduct(s *batchGraph, v []*graph.Node) []*graph.Node {
	w := s.point()
	return []*graph.Node{s.join(HVP(s.loss(), w, s.split(v[0])))}
}

// Dim is the number of parameters.
func (h *Hessian) Dim() int { return h.problem.Dim() }

// Method is the method in use, Exact or CentralDifference. With Automatic it is Exact until an exact product has
// failed.
func (h *Hessian) Method() Method { return h.method }

// Fallback is the error for which an Automatic Hessian changed to central differences; nil while it has not.
func (h *Hessian) Fallback() error { return h.fallback }

// Apply writes H·src to dst. It fails when the model cannot be differentiated: twice with Exact, once with
// CentralDifference.
func (h *Hessian) Apply(ctx context.Context, dst, src []float64) error {
	if h.method == CentralDifference {
		return h.difference(ctx, dst, src, h.radius)
	}
	err := h.problem.product(ctx, h.problem.products, dst, src, nil)
	switch {
	case err == nil:
		h.undecided = false
		return nil
	case ctx.Err() != nil:
		return err
	case h.undecided && len(src) == h.Dim() && len(dst) == h.Dim():
		return h.fallBack(ctx, dst, src, err)
	}
	return fmt.Errorf("%w (an operation without a second derivative? docs/curvature.md says which layers have one; "+
		"CentralDifference needs first derivatives only, and Automatic takes it where it must)", err)
}

// fallBack changes to central differences if a product by them succeeds. failure is the error of the exact one.
func (h *Hessian) fallBack(ctx context.Context, dst, src []float64, failure error) error {
	other, err := NewHessian(h.problem, CentralDifference)
	if err == nil {
		err = other.Apply(ctx, dst, src)
	}
	if err != nil {
		return fmt.Errorf("%w; and by central differences: %w", failure, err)
	}
	*h = *other
	h.fallback = failure
	return nil
}
