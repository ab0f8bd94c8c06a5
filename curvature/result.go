package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// Reason says why a solver stopped.
type Reason string

const (
	ReasonResidual  Reason = "residual within tolerance"
	ReasonDense     Reason = "solved as a dense matrix"
	ReasonComplete  Reason = "the whole space is spanned"
	ReasonZero      Reason = "H·v = 0"
	ReasonProducts  Reason = "product limit reached"
	ReasonCancelled Reason = "cancelled"
	ReasonNoise     Reason = "the measured residual is larger than its estimate: the products are noisy or not symmetric"
	ReasonOpposite  Reason = "two eigenvalues of equal magnitude and opposite sign dominate"
)

// Eigenpair is an eigenvalue with its vector, ‖Vector‖ = 1, whose sign is arbitrary.
type Eigenpair struct {
	Value     float64   // vᵀHv, signed
	Vector    []float64 // length Dim
	Residual  float64   // ‖Hv − λv‖: an eigenvalue lies within this distance of Value
	Converged bool      // Residual is within the tolerance asked for
}

// RelativeResidual is ‖Hv − λv‖/|λ|; NaN when λ = 0.
func (p Eigenpair) RelativeResidual() float64 {
	if p.Value == 0 {
		return math.NaN()
	}
	return p.Residual / math.Abs(p.Value)
}

// Result is what a solver found and how. When the solver returns an error too, for instance that of a cancelled
// context, it holds what had been reached by then.
type Result struct {
	Pairs      []Eigenpair // in the order asked for; fewer than asked for only if stopped before there were as many
	Iterations int         // power steps, or Lanczos restarts
	Products   int         // H·v spent, those that measured residuals included
	Converged  bool        // every pair asked for has converged
	Reason     Reason
}

// Value is the first pair's eigenvalue; NaN when there is none.
func (r Result) Value() float64 {
	if len(r.Pairs) == 0 {
		return math.NaN()
	}
	return r.Pairs[0].Value
}

// Vector is the first pair's vector; nil when there is none.
func (r Result) Vector() []float64 {
	if len(r.Pairs) == 0 {
		return nil
	}
	return r.Pairs[0].Vector
}

// RelativeResidual is the first pair's ‖Hv − λv‖/|λ|; NaN when there is none or λ = 0.
func (r Result) RelativeResidual() float64 {
	if len(r.Pairs) == 0 {
		return math.NaN()
	}
	return r.Pairs[0].RelativeResidual()
}

// Values are the eigenvalues in order.
func (r Result) Values() []float64 {
	values := make([]float64, len(r.Pairs))
	for i, p := range r.Pairs {
		values[i] = p.Value
	}
	return values
}

// Ratio is λ₁/λₖ for the k-th pair, 1 ≤ k: how far the top eigenvalue stands out. NaN when there are fewer than k pairs or
// λₖ = 0.
func (r Result) Ratio(k int) float64 {
	if k < 1 || k > len(r.Pairs) || r.Pairs[k-1].Value == 0 {
		return math.NaN()
	}
	return r.Pairs[0].Value / r.Pairs[k-1].Value
}

// stopped tells why a solver had to stop early, and whether that is an error of the caller's concern: reaching the
// product limit is not.
func stopped(err error) (Reason, error) {
	switch {
	case errors.Is(err, errBudget):
		return ReasonProducts, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ReasonCancelled, err
	default:
		return "", err
	}
}

// newRandom returns the generator of a seed: the same numbers on every machine.
func newRandom(seed int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15)) }

func gaussian(rng *rand.Rand, x []float64) {
	for i := range x {
		x[i] = rng.NormFloat64()
	}
}

// startVector returns a unit vector along start, or a random one when start is nil.
func startVector(who string, start []float64, n int, rng *rand.Rand) ([]float64, error) {
	v := make([]float64, n)
	if start == nil {
		gaussian(rng, v)
	} else {
		if len(start) != n {
			return nil, fmt.Errorf("curvature: %s got a start vector of length %d for an operator of dimension %d", who, len(start), n)
		}
		copy(v, start)
	}
	size := norm(v)
	if !(size > 0) || math.IsInf(size, 0) {
		return nil, fmt.Errorf("curvature: %s got a start vector of norm %v: want a finite, non-zero vector, or nil for a random one", who, size)
	}
	floats.Scale(1/size, v)
	return v, nil
}
