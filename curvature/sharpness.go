package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// AscentOptions describe the ball ‖T⁻¹ε‖ ≤ Rho in which a larger loss is looked for.
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
// and each further one takes g at the point reached, w + ε, which is power iteration for the largest value of the loss on
// the sphere: on a convex loss it never goes down. The largest loss seen counts. Every step costs a gradient, and so does the
// last point.
//
// Reference: Foret et al. (2021), "Sharpness-aware minimization"; Kwon et al. (2021), "ASAM".
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

// MSharpness is the mean over the batches, weighted by their sizes, of the rise that each batch finds in its own ball: the
// m-sharpness with m the batch size, the quantity that SAM with batches of m minimises. Gradients are those of single
// batches.
func (p *Problem) MSharpness(ctx context.Context, o AscentOptions) (rise float64, gradients int, err error) {
	for i := range p.batches {
		a, err := p.single(i).BallSharpness(ctx, o)
		if err != nil {
			return math.NaN(), gradients, err
		}
		gradients += a.Gradients
		rise += a.Rise() * float64(p.sizes[i]) / float64(p.examples)
	}
	return rise, gradients, nil
}

// Alignment says how a gradient lies to eigenvectors. Everything is indifferent to the eigenvectors' signs.
type Alignment struct {
	AbsCos   []float64 // |⟨g, vᵢ⟩|/‖g‖
	AngleDeg []float64 // arccos of it, 0 to 90
	Span     float64   // the share of ‖g‖ in the span of all, √(Σ cos²)
}

// Align returns how g lies to the vectors of orthonormal eigenpairs. Everything is NaN for g = 0.
func Align(g []float64, pairs []Eigenpair) (Alignment, error) {
	var a Alignment
	length := norm(g)
	total := 0.0
	for i, pair := range pairs {
		if len(pair.Vector) != len(g) {
			return Alignment{}, fmt.Errorf("curvature: Align got a gradient of length %d and an eigenvector %d of length %d: want the same",
				len(g), i, len(pair.Vector))
		}
		c := min(math.Abs(dot(g, pair.Vector))/length, 1)
		a.AbsCos = append(a.AbsCos, c)
		a.AngleDeg = append(a.AngleDeg, math.Acos(c)*180/math.Pi)
		total += c * c
	}
	a.Span = math.Sqrt(min(total, 1))
	return a, nil
}
