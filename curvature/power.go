package curvature

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
)

// PowerOptions say what PowerIteration looks for, and how. Start from DefaultPowerOptions.
type PowerOptions struct {
	Limits           // a Tolerance of 0 runs to the product limit
	Start  []float64 // first vector, of any length but 0; nil draws one from Seed
	Seed   int64
	// Shift asks for the largest signed eigenvalue. Without it the result is the eigenvalue of largest magnitude, which
	// may be negative.
	Shift bool
}

// DefaultPowerOptions ask for the largest signed eigenvalue to a residual of 1e-3, in at most 500 products, with a
// floor (1e-6) for products in float32.
func DefaultPowerOptions() PowerOptions {
	return PowerOptions{Limits: Limits{Tolerance: 1e-3, Floor: 1e-6, MaxProducts: 500}, Shift: true}
}

// PowerIteration returns one eigenpair of h by v ← Hv/‖Hv‖, with the Rayleigh quotient λ = vᵀHv, which is signed.
//
// The iteration turns to the eigenvalue of largest magnitude. When that is negative and Shift is set, it starts again
// on H + |λ|·I. All eigenvalues of that are at least 0, so it finds the largest signed eigenvalue of H. It does the
// same when two eigenvalues near ±λ dominate together: the iteration would swing between their vectors for ever. The
// residual in the result is always that of H.
//
// The error of λ is at most the residual, and about residual²/gap, the gap to the next eigenvalue. Lanczos needs fewer
// products for the same residual; power iteration needs only three vectors of memory. It fails when an option is out of
// range, a product fails, or ctx ends.
//
// Reference: Golub and Van Loan (2013), "Matrix Computations", 4th edition, on power iterations.
func PowerIteration(ctx context.Context, h Operator, o PowerOptions) (Result, error) {
	if err := errors.Join(o.errors("PowerOptions")...); err != nil {
		return Result{}, err
	}
	rng := newRandom(o.Seed)
	v, err := startVector("PowerIteration", o.Start, h.Dim(), rng)
	if err != nil {
		return Result{}, err
	}
	m := &meter{op: h, limit: o.MaxProducts}
	r, err := powerSteps(ctx, m, v, 0, o)
	if err != nil || !o.Shift || r.Reason == ReasonProducts {
		return r, err
	}
	if r.Reason == ReasonZero && o.Start != nil {
		// The vector given lies in the null space: look elsewhere.
		gaussian(rng, v)
		floats.Scale(1/norm(v), v)
		if r, err = continued(r, func() (Result, error) { return powerSteps(ctx, m, v, 0, o) }); err != nil {
			return r, err
		}
	}
	if r.Reason == ReasonOpposite || r.Value() < 0 {
		// |λ| for a converged pair; ‖Hv‖, which is |λ| of both, for an opposite one.
		sigma := math.Hypot(r.Value(), r.Pairs[0].Residual)
		gaussian(rng, v)
		floats.Scale(1/norm(v), v)
		return continued(r, func() (Result, error) { return powerSteps(ctx, m, v, sigma, o) })
	}
	return r, nil
}

// continued runs a second stage and adds the iterations of the first. Where the second ends before its first product,
// the first one's pair stays.
func continued(first Result, stage func() (Result, error)) (Result, error) {
	second, err := stage()
	second.Iterations += first.Iterations
	if len(second.Pairs) == 0 {
		second.Pairs, second.Products = first.Pairs, first.Products
		for i := range second.Pairs {
			second.Pairs[i].Converged = false // converged to another eigenvalue than the one asked for
		}
	}
	return second, err
}

// powerSteps iterates with H + sigma·I from the unit vector v, which it overwrites.
func powerSteps(ctx context.Context, m *meter, v []float64, sigma float64, o PowerOptions) (Result, error) {
	n := len(v)
	hv, previous := make([]float64, n), make([]float64, n)
	scale := sigma
	var r Result
	for {
		if err := m.apply(ctx, hv, v); err != nil {
			var rest error
			r.Products = m.products
			r.Reason, rest = stopped(err)
			return r, rest
		}
		r.Iterations++
		r.Products = m.products
		lambda, length := dot(v, hv), norm(hv)
		scale = max(scale, length)
		pair := Eigenpair{Value: lambda, Residual: residual(hv, v, lambda)}
		pair.Converged = pair.Residual <= o.allows(lambda, scale)
		pair.Vector = append([]float64(nil), v...)
		if r.Pairs != nil {
			pair.Vector = r.Pairs[0].Vector
			copy(pair.Vector, v)
		}
		r.Pairs = []Eigenpair{pair}

		switch {
		case length == 0 && sigma == 0:
			r.Pairs[0].Converged, r.Converged, r.Reason = true, true, ReasonZero
			return r, nil
		case pair.Converged:
			r.Converged, r.Reason = true, ReasonResidual
			return r, nil
		}

		floats.AddScaled(hv, sigma, v)
		length = norm(hv)
		// Two steps leave v where it was, one does not: v = a·v₊ + b·v₋ with eigenvalues λ and −(1−δ)λ, δ < 0.01.
		if sigma == 0 && r.Iterations > 2 && sine(hv, length, previous) < 0.01*pair.Residual/length {
			r.Reason = ReasonOpposite
			return r, nil
		}
		if length == 0 { // λ = −sigma exactly: every other direction is larger, and v has no part in it
			r.Reason = ReasonZero
			return r, nil
		}
		copy(previous, v)
		floats.ScaleTo(v, 1/length, hv)
	}
}

// residual returns ‖hv − lambda·v‖.
func residual(hv, v []float64, lambda float64) float64 {
	sum := 0.0
	for i := range v {
		d := hv[i] - lambda*v[i]
		sum += d * d
	}
	return math.Sqrt(sum)
}

// sine returns the sine of the angle between x, of the given length, and the unit vector y.
func sine(x []float64, length float64, y []float64) float64 {
	return residual(x, y, dot(x, y)) / length
}
