package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// AscentOptions describe the ball ‖T⁻¹ε‖ ≤ Rho in which BallSharpness looks for a larger loss.
type AscentOptions struct {
	Rho      float64 // radius, ≥ 0
	Steps    int     // ≥ 1; 1 is the perturbation of SAM or ASAM
	Adaptive bool    // T = |w| + Eta, weight by weight, as ASAM; otherwise T = 1, as SAM
	Eta      float64 // ≥ 0; has no part when not Adaptive
}

func (o AscentOptions) validate() error {
	var errs []error
	if !(o.Rho >= 0) || math.IsInf(o.Rho, 0) {
		errs = append(errs, fmt.Errorf("curvature: AscentOptions.Rho = %v: want a finite Rho ≥ 0", o.Rho))
	}
	if o.Steps < 1 {
		errs = append(errs, fmt.Errorf("curvature: AscentOptions.Steps = %d: want at least 1", o.Steps))
	}
	if !(o.Eta >= 0) || math.IsInf(o.Eta, 0) {
		errs = append(errs, fmt.Errorf("curvature: AscentOptions.Eta = %v: want a finite Eta ≥ 0", o.Eta))
	}
	return errors.Join(errs...)
}

// Ascent is the largest loss found in a ball around the weights.
type Ascent struct {
	Loss         float64   // L(w)
	Worst        float64   // L(w + Displacement), the largest loss at any point visited, w included
	Displacement []float64 // where
	Gradients    int       // spent, over all batches
}

// Rise is the sharpness max L(w + ε) − L(w), a lower bound of the true one.
func (a Ascent) Rise() float64 { return a.Worst - a.Loss }

// BallSharpness looks for the worst loss within the ball. The first step is SAM's or ASAM's,
//
//	ε = ρ·T²g/‖Tg‖        g = ∇L(w)
//
// Each further one takes g at the point reached, w + ε: power iteration for the largest loss on the sphere, which on
// a convex loss never goes down. The largest loss seen counts. It costs at most Steps + 1 gradients. It fails when an
// option is out of range, and when ctx ends.
//
// Reference: Foret et al. (2021), "Sharpness-aware minimization for efficiently improving generalization"; Kwon et al.
// (2021), "ASAM: Adaptive sharpness-aware minimization for scale-invariant learning of deep neural networks".
func (p *Problem) BallSharpness(ctx context.Context, o AscentOptions) (Ascent, error) {
	if err := o.validate(); err != nil {
		return Ascent{}, err
	}
	scale, err := p.ascentScale(o)
	if err != nil {
		return Ascent{}, err
	}
	n := p.Dim()
	g, eps := make([]float64, n), make([]float64, n)
	var a Ascent
	for step := range o.Steps + 1 {
		loss, err := p.Gradient(ctx, g, eps)
		if err != nil {
			return a, err
		}
		a.Gradients++
		if step == 0 {
			a.Loss = loss
		}
		if step == 0 || loss > a.Worst {
			a.Worst, a.Displacement = loss, append(a.Displacement[:0], eps...)
		}
		if scale != nil {
			floats.Mul(g, scale)
		}
		length := norm(g)
		if !(length > 0) || math.IsInf(length, 0) {
			break // a stationary point (or none that can be left): nowhere to climb to
		}
		floats.ScaleTo(eps, o.Rho/length, g)
		if scale != nil {
			floats.Mul(eps, scale)
		}
	}
	return a, nil
}

// ascentScale is T, nil for T = 1.
func (p *Problem) ascentScale(o AscentOptions) ([]float64, error) {
	if !o.Adaptive {
		return nil, nil
	}
	t, err := p.Weights()
	for i := range t {
		t[i] = math.Abs(t[i]) + o.Eta
	}
	return t, err
}

// MSharpness is the m-sharpness with m the batch size: the rise that each batch finds in a ball of its own, as the
// mean over the batches, weighted by their shares in the loss. It is what SAM with batches of m minimises. gradients
// counts those of single batches.
//
// Reference: Foret et al. (2021), "Sharpness-aware minimization for efficiently improving generalization", on
// m-sharpness.
func (p *Problem) MSharpness(ctx context.Context, o AscentOptions) (rise float64, gradients int, err error) {
	for i := range p.batches {
		a, err := p.single(i).BallSharpness(ctx, o)
		if err != nil {
			return math.NaN(), gradients, err
		}
		gradients += a.Gradients
		rise += counted(p.shares[i], a.Rise())
	}
	return rise, gradients, nil
}
