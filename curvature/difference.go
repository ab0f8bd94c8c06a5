package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/floats"
)

// RelativeStep is the default step of central differences: ‖hv‖ = RelativeStep(dtype)·‖w‖. It is 1e-5 in float64 and
// 3e-3 in float32, near the cube root of the rounding unit, where the two parts of the error balance.
func RelativeStep(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 1e-5
	}
	return 3e-3
}

// NewDifferenceHessian returns the Hessian of p by central differences of gradients with ‖hv‖ = relativeStep·‖w‖, for
// the ‖w‖ that the store holds now (1 where it is 0). It fails unless 0 < relativeStep < 1, when the weights cannot be
// read or are not finite, and for parameters in half precision, in which w + hv cannot be told from w.
func NewDifferenceHessian(p *Problem, relativeStep float64) (*Hessian, error) {
	if !(relativeStep > 0 && relativeStep < 1) {
		return nil, fmt.Errorf("curvature: NewDifferenceHessian got a relative step of %v: "+
			"want 0 < step < 1, near 3e-3 in float32 and 1e-5 in float64", relativeStep)
	}
	for _, v := range p.variables {
		if v.DType().IsFloat16() {
			return nil, fmt.Errorf("curvature: NewDifferenceHessian: the parameter %s is of type %s, too coarse for "+
				"differences: want Exact, or parameters in float32", v.Path(), v.DType())
		}
	}
	w, err := p.Weights()
	if err != nil {
		return nil, err
	}
	if i := firstNotFinite(w); i >= 0 {
		return nil, fmt.Errorf("curvature: NewDifferenceHessian: weight %d is %v: want finite weights", i, w[i])
	}
	size := norm(w)
	if size == 0 {
		size = 1
	}
	return &Hessian{
		problem: p, method: CentralDifference, radius: relativeStep * size,
		scratch: make([]float64, p.Dim()), minus: make([]float64, p.Dim()),
	}, nil
}

// DifferenceError estimates the relative error of a central-difference product along v from one with half the step:
//
//	‖H_h v − H_{h/2} v‖ / ‖H_{h/2} v‖
//
// It costs 4 gradients. It is 3/4 of the error where the length of the step causes it, and about twice the error where
// rounding does. For an exact Hessian it is 0, at no cost.
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

// difference writes the central difference along src, with a step of length radius, to dst.
func (h *Hessian) difference(ctx context.Context, dst, src []float64, radius float64) error {
	length := norm(src)
	if length == 0 {
		clear(dst)
		return nil
	}
	step := radius / length
	minus := h.minus
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
