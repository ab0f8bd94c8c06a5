package curvature

import (
	"context"
	"fmt"
)

// Hutchinson estimates tr H by the mean of zᵀHz over random z, one product a sample, samples ≥ 1. It is unbiased. The
// variance of one sample is
//
//	Rademacher   2(‖H‖_F² − Σᵢ Hᵢᵢ²)        Gaussian   2‖H‖_F²
//
// When ctx ends, the estimate from the samples so far comes with its error.
//
// Reference: Hutchinson (1989), "A stochastic estimator of the trace of the influence matrix".
func Hutchinson(ctx context.Context, h Operator, samples int, of Distribution, seed int64) (Estimate, error) {
	if samples < 1 {
		return Estimate{}, fmt.Errorf("curvature: Hutchinson got %d samples: want at least 1", samples)
	}
	if err := of.validate("Hutchinson"); err != nil {
		return Estimate{}, err
	}
	m, rng := unlimited(h), newRandom(seed)
	z, hz := make([]float64, h.Dim()), make([]float64, h.Dim())
	var values []float64
	for range samples {
		of.draw(rng, z)
		if err := m.apply(ctx, hz, z); err != nil {
			reason, err := stopped(err)
			return estimateOf(values, m.products, reason), err
		}
		values = append(values, dot(z, hz))
	}
	return estimateOf(values, m.products, ""), nil
}

// HutchPP estimates tr H in the given number of products, at least 3. A third of them finds a basis Q of H's strongest
// directions, a third takes tr(QᵀHQ) there exactly, and the rest estimates what is left, tr((I − QQᵀ)H(I − QQᵀ)), by
// Hutchinson's method, whose standard error is that of the result. It holds products/3 vectors.
//
// It is unbiased. Where few eigenvalues make up most of H, as in neural networks, the error falls as 1/products
// instead of 1/√products. An H of rank ≤ products/3 is found exactly. When ctx ends in the last third, the estimate
// so far comes with its error; before that there is none.
//
// Reference: Meyer, Musco, Musco and Woodruff (2021), "Hutch++: Optimal stochastic trace estimation".
func HutchPP(ctx context.Context, h Operator, products int, seed int64) (Estimate, error) {
	if products < 3 {
		return Estimate{}, fmt.Errorf("curvature: HutchPP got %d products: want at least 3", products)
	}
	n, m, rng := h.Dim(), unlimited(h), newRandom(seed)
	q := newVectorSet(min(products/3, n)+1, n)
	z, hz := make([]float64, n), make([]float64, n)
	fail := func(err error) (Estimate, error) {
		reason, err := stopped(err)
		return estimateOf(nil, m.products, reason), err
	}
	for range min(products/3, n) {
		Rademacher.draw(rng, z)
		if err := m.apply(ctx, hz, z); err != nil {
			return fail(err)
		}
		q.append(hz)
	}
	strong := 0.0
	for i := range q.count {
		if err := m.apply(ctx, hz, q.row(i)); err != nil {
			return fail(err)
		}
		strong += dot(q.row(i), hz)
	}
	if q.count == n {
		return Estimate{Value: strong, Samples: n, Products: m.products}, nil
	}
	var rest []float64
	for m.products < products {
		Rademacher.draw(rng, z)
		q.project(z, nil)
		if err := m.apply(ctx, hz, z); err != nil {
			reason, err := stopped(err)
			e := estimateOf(rest, m.products, reason)
			e.Value += strong
			return e, err
		}
		rest = append(rest, dot(z, hz))
	}
	e := estimateOf(rest, m.products, "")
	e.Value += strong
	return e, nil
}
