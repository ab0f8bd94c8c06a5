package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Hutchinson estimates tr H by the mean of zᵀHz over random z, one product a sample. It is unbiased; the variance of one
// sample is
//
//	Rademacher   2(‖H‖_F² − Σᵢ Hᵢᵢ²)        Gaussian   2‖H‖_F²
//
// When ctx ends, the estimate from the samples so far is returned with its error.
//
// Reference: Hutchinson (1989), "A stochastic estimator of the trace of the influence matrix".
func Hutchinson(ctx context.Context, h Operator, samples int, probe Probe, seed int64) (Estimate, error) {
	if samples < 1 {
		return Estimate{}, fmt.Errorf("curvature: Hutchinson got %d samples: want at least 1", samples)
	}
	if err := probe.validate("Hutchinson"); err != nil {
		return Estimate{}, err
	}
	m, rng := unlimited(h), newRandom(seed)
	z, hz := make([]float64, h.Dim()), make([]float64, h.Dim())
	var values []float64
	for range samples {
		probe.draw(rng, z)
		if err := m.apply(ctx, hz, z); err != nil {
			reason, err := stopped(err)
			return estimateOf(values, m.products, reason), err
		}
		values = append(values, dot(z, hz))
	}
	return estimateOf(values, m.products, ""), nil
}

// HutchPP estimates tr H in the given number of products: a third of them finds a basis Q of H's strongest directions,
// a third takes tr(QᵀHQ) there exactly, and the rest estimates what is left, tr((I − QQᵀ)H(I − QQᵀ)), by Hutchinson's
// method, whose standard error is that of the result. It is unbiased. Where few eigenvalues make up most of H, as in
// neural networks, the error falls as 1/products instead of 1/√products; an H of rank ≤ products/3 is found exactly. It
// holds products/3 vectors.
//
// Reference: Meyer, Musco, Musco and Woodruff (2021), "Hutch++: Optimal stochastic trace estimation".
func HutchPP(ctx context.Context, h Operator, products int, seed int64) (Estimate, error) {
	if products < 3 {
		return Estimate{}, fmt.Errorf("curvature: HutchPP got %d products: want at least 3", products)
	}
	n, m, rng := h.Dim(), unlimited(h), newRandom(seed)
	q := newRows(min(products/3, n)+1, n)
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

// XTrace estimates tr H in the given number of products, half of them on random vectors and half on a basis of what they
// span. Every random vector serves in turn as the probe of the rest, so that none is spent on one purpose alone; it needs
// fewer products than HutchPP for the same error. It is unbiased; an H of rank below products/2 is found exactly. The
// standard error is that of the estimates from the single probes, as the paper gives it. It holds 3·products/2 vectors.
//
// Reference: Epperly, Tropp and Webber (2024), "XTrace: Making the most of every sample in stochastic trace estimation".
func XTrace(ctx context.Context, h Operator, products int, seed int64) (Estimate, error) {
	if products < 4 {
		return Estimate{}, fmt.Errorf("curvature: XTrace got %d products: want at least 4", products)
	}
	n, m, rng := h.Dim(), unlimited(h), newRandom(seed)
	k := min(products/2, n)
	probes, basis, images := newRows(k, n), newRows(k, n), newRows(k, n)
	fail := func(err error) (Estimate, error) {
		reason, err := stopped(err)
		return estimateOf(nil, m.products, reason), err
	}
	// Y = HΩ = QR, column by column: probes, basis and images hold the columns of Ω, Q and HQ.
	r := mat.NewDense(k, k, nil)
	y := make([]float64, n)
	for i := range k {
		gaussian(rng, probes.row(i))
		floats.Scale(math.Sqrt(float64(n))/norm(probes.row(i)), probes.row(i))
		if err := m.apply(ctx, y, probes.row(i)); err != nil {
			return fail(err)
		}
		before := norm(y)
		coeff := make([]float64, k)
		left := basis.project(y, coeff)
		if !(left > 1e-10*before) {
			break // the image is exhausted: H has a rank below products/2
		}
		coeff[i] = left
		r.SetCol(i, coeff)
		floats.ScaleTo(basis.row(i), 1/left, y)
		basis.count++
	}
	q := basis.count
	trace := 0.0
	for i := range q {
		if err := m.apply(ctx, images.row(i), basis.row(i)); err != nil {
			return fail(err)
		}
		trace += dot(basis.row(i), images.row(i))
	}
	if q < k || q == n {
		return Estimate{Value: trace, Samples: q, Products: m.products}, nil
	}

	// Leaving probe i out takes the direction Q·sᵢ out of the basis, sᵢ the i-th column of R⁻ᵀ, normalised.
	var s mat.Dense
	if err := s.Inverse(r.T()); err != nil {
		if ill := mat.Condition(0); !errors.As(err, &ill) {
			return Estimate{}, fmt.Errorf("curvature: XTrace: %w", err)
		}
	}
	small := func(a, b *rows) *mat.Dense { // abᵀ
		out := mat.NewDense(k, k, nil)
		for i := range k {
			for j := range k {
				out.Set(i, j, dot(a.row(i), b.row(j)))
			}
		}
		return out
	}
	hq, w, t := small(basis, images), small(basis, probes), small(images, probes)
	estimates := make([]float64, k)
	for i := range k {
		si := mat.NewVecDense(k, mat.Col(nil, i, &s))
		si.ScaleVec(1/si.Norm(2), si)
		// x: coordinates of the projection of ω onto the basis without Q·s.
		x := mat.NewVecDense(k, mat.Col(nil, i, w))
		direct := mat.Dot(x, r.ColView(i)) // ωᵀHω
		x.AddScaledVec(x, -mat.Dot(si, x), si)
		rest := direct - 2*mat.Dot(t.ColView(i), x) + mat.Inner(x, hq, x)
		// What is left of ω is uniform in direction: give it the length that its n − k + 1 dimensions ask for.
		length := float64(n) - mat.Dot(x, x)
		estimates[i] = trace - mat.Inner(si, hq, si) + rest*float64(n-k+1)/length
	}
	return estimateOf(estimates, m.products, ""), nil
}
