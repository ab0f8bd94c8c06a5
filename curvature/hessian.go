package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"
)

// Method says how a Hessian is applied.
type Method int

const (
	// Exact differentiates the gradient along v: as precise as the dtype allows, at 2 to 3 gradients a product for dense
	// layers and more for convolutions. Every operation of the model must have a second derivative.
	Exact Method = iota + 1
	// CentralDifference takes (∇L(w + hv) − ∇L(w − hv))/2h: 2 gradients a product, first derivatives only. Its error has
	// a part of order h²·D⁴L and one of order ε‖∇L‖/h from rounding. Kinks (ReLU, max pooling) add what the gradient jumps
	// by at those that the step crosses, which Exact does not see and which shrinks only with more examples: on a
	// residual network with 128 examples it was a tenth of the product along the gradient and far more than the
	// product along a random direction. Ask DifferenceError before trusting it there.
	CentralDifference
)

// RelativeStep is the default step of central differences: ‖hv‖ = RelativeStep(dtype)·‖w‖. It is 1e-5 in float64 and
// 3e-3 in float32, near the cube root of the rounding unit, where the two parts of the error balance.
func RelativeStep(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 1e-5
	}
	return 3e-3
}

// Hessian is H = ∇²L of a Problem at the weights that the store holds when it is applied. It is an Operator.
type Hessian struct {
	problem *Problem
	method  Method
	exact   *program
	radius  float64 // ‖hv‖
	scratch []float64
}

// NewHessian returns the Hessian of p by the method given, with the step RelativeStep for central differences.
func NewHessian(p *Problem, method Method) (*Hessian, error) {
	switch method {
	case Exact:
		return &Hessian{problem: p, method: method, exact: p.program("exact Hessian product", hessianProduct)}, nil
	case CentralDifference:
		return NewDifferenceHessian(p, RelativeStep(p.dtype))
	}
	return nil, fmt.Errorf("curvature: NewHessian got method %d: want Exact or CentralDifference", method)
}

// NewDifferenceHessian returns the Hessian of p by central differences of gradients with ‖hv‖ = relativeStep·‖w‖, for
// the ‖w‖ that the store holds now (1 where it is 0).
func NewDifferenceHessian(p *Problem, relativeStep float64) (*Hessian, error) {
	if !(relativeStep > 0 && relativeStep < 1) {
		return nil, fmt.Errorf("curvature: NewDifferenceHessian got a relative step of %v: want 0 < step < 1, near 3e-3 in float32 and 1e-5 in float64",
			relativeStep)
	}
	w, err := p.Weights()
	if err != nil {
		return nil, err
	}
	size := norm(w)
	if size == 0 {
		size = 1
	}
	return &Hessian{problem: p, method: CentralDifference, radius: relativeStep * size, scratch: make([]float64, p.Dim())}, nil
}

// Dim is the number of parameters.
func (h *Hessian) Dim() int { return h.problem.Dim() }

// Method is the one that the Hessian was made with.
func (h *Hessian) Method() Method { return h.method }

// Apply writes H·src to dst.
func (h *Hessian) Apply(ctx context.Context, dst, src []float64) error {
	if h.method == CentralDifference {
		return h.difference(ctx, dst, src, h.radius)
	}
	if err := h.problem.apply(ctx, h.exact, dst, src, nil); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%w (an operation without a second derivative? Package layers has such as do; CentralDifference needs first derivatives only)", err)
	}
	return nil
}

// difference writes the central difference along src, with a step of length radius, to dst.
func (h *Hessian) difference(ctx context.Context, dst, src []float64, radius float64) error {
	length := norm(src)
	if length == 0 {
		clear(dst)
		return nil
	}
	step := radius / length
	minus := make([]float64, len(dst))
	floats.ScaleTo(h.scratch, step, src)
	_, err := h.problem.Gradient(ctx, dst, h.scratch)
	if err != nil {
		return err
	}
	floats.Scale(-1, h.scratch)
	if _, err := h.problem.Gradient(ctx, minus, h.scratch); err != nil {
		return err
	}
	floats.Sub(dst, minus)
	floats.Scale(1/(2*step), dst)
	return nil
}

// DifferenceError estimates the relative error of a central-difference product along v, by another one with half of the
// step:
//
//	‖H_h v − H_{h/2} v‖ / ‖H_{h/2} v‖
//
// It costs 4 gradients. While truncation dominates it is 3/4 of the error; while rounding does, about twice that. For an
// exact Hessian it is 0, at no cost.
func (h *Hessian) DifferenceError(ctx context.Context, v []float64) (float64, error) {
	if h.method == Exact {
		return 0, nil
	}
	whole, half := make([]float64, h.Dim()), make([]float64, h.Dim())
	if err := h.difference(ctx, whole, v, h.radius); err != nil {
		return 0, err
	}
	if err := h.difference(ctx, half, v, h.radius/2); err != nil {
		return 0, err
	}
	size := norm(half)
	floats.Sub(whole, half)
	if size == 0 {
		if d := norm(whole); d > 0 {
			return math.Inf(1), nil
		}
		return 0, nil
	}
	return norm(whole) / size, nil
}

// hessianProduct is the graph of one batch's H·v.
func hessianProduct(s *site, v []*graph.Node) []*graph.Node {
	w := s.point()
	return []*graph.Node{s.join(HVP(s.loss(), w, s.split(v[0])))}
}

// apply averages a program of one vector over the batches. check looks at each batch's results first; it may be nil.
func (p *Problem) apply(ctx context.Context, pr *program, dst, src []float64, check func(out []*tensors.Tensor) error) error {
	if len(dst) != p.Dim() || len(src) != p.Dim() {
		return fmt.Errorf("curvature: %s got vectors of length %d and %d: want %d, the number of parameters",
			pr.name, len(dst), len(src), p.Dim())
	}
	clear(dst)
	return p.each(ctx, pr, [][]float64{src}, func(weight float64, out []*tensors.Tensor) error {
		if check != nil {
			if err := check(out); err != nil {
				return err
			}
		}
		return addTo(dst, weight, out[0])
	})
}
