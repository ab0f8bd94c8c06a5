package curvature

import (
	"context"
	"fmt"
	"math"
)

// FrobeniusNorm estimates ‖H‖_F = √(Σ λᵢ²) as the root of the mean of ‖Hz‖² over Rademacher z, one product a sample,
// samples ≥ 1. The mean is unbiased. The root is biased low, relatively by about half of its relative variance. Its
// standard error is se(x²)/(2x). When ctx ends, the estimate so far comes with its error.
func FrobeniusNorm(ctx context.Context, h Operator, samples int, seed int64) (Estimate, error) {
	if samples < 1 {
		return Estimate{}, fmt.Errorf("curvature: FrobeniusNorm got %d samples: want at least 1", samples)
	}
	m, rng := unlimited(h), newRandom(seed)
	z, hz := make([]float64, h.Dim()), make([]float64, h.Dim())
	var squares []float64
	var reason Reason
	var failure error
	for range samples {
		Rademacher.draw(rng, z)
		if err := m.apply(ctx, hz, z); err != nil {
			reason, failure = stopped(err)
			break
		}
		squares = append(squares, dot(hz, hz))
	}
	e := estimateOf(squares, m.products, reason)
	e.Value = math.Sqrt(e.Value)
	if e.Value > 0 {
		e.StandardError /= 2 * e.Value
	}
	return e, failure
}
