package curvature

import (
	"context"
	"fmt"
	"math"
)

// DiagonalEstimate is an estimate of the diagonal of H.
type DiagonalEstimate struct {
	Values         []float64
	StandardErrors []float64 // of each entry, from the scatter of the samples; NaN with fewer than two
	Samples        int
	Products       int    // H·v taken
	Reason         Reason // why not all samples were taken; "" when they were
}

// Diagonal estimates the diagonal of H by the mean of z∘Hz over Rademacher z, one product a sample, samples ≥ 1.
// Entry i is unbiased, with a variance of Σ_{j≠i} Hᵢⱼ² for one sample. When ctx ends, the estimate so far comes with
// its error.
//
// Reference: Bekas, Kokiopoulou and Saad (2007), "An estimator for the diagonal of a matrix".
func Diagonal(ctx context.Context, h Operator, samples int, seed int64) (DiagonalEstimate, error) {
	if samples < 1 {
		return DiagonalEstimate{}, fmt.Errorf("curvature: Diagonal got %d samples: want at least 1", samples)
	}
	n, m, rng := h.Dim(), unlimited(h), newRandom(seed)
	z, hz := make([]float64, n), make([]float64, n)
	d := DiagonalEstimate{Values: make([]float64, n), StandardErrors: make([]float64, n)}
	var failure error
	for d.Samples < samples {
		Rademacher.draw(rng, z)
		if err := m.apply(ctx, hz, z); err != nil {
			d.Reason, failure = stopped(err)
			break
		}
		d.Samples++
		// Welford's running mean and sum of squared deviations.
		for i := range z {
			x := z[i] * hz[i]
			delta := x - d.Values[i]
			d.Values[i] += delta / float64(d.Samples)
			d.StandardErrors[i] += delta * (x - d.Values[i])
		}
	}
	d.Products = m.products
	for i, squares := range d.StandardErrors {
		d.StandardErrors[i] = math.Sqrt(squares / (float64(d.Samples-1) * float64(d.Samples)))
		if d.Samples < 2 {
			d.StandardErrors[i] = math.NaN()
		}
	}
	return d, failure
}
