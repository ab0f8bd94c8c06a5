package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// XTrace estimates tr H in the given number of products, at least 4: half of them on random vectors, half on a basis of
// their images. Each random vector in turn probes what the others leave, so that all serve both purposes. XTrace needs
// fewer products than HutchPP for the same error. It holds 3·products/2 vectors.
//
// It is unbiased. An H of rank below products/2 is found exactly. The standard error is that of the estimates from the
// single probes, as the paper gives it. When ctx ends there is no estimate.
//
// Reference: Epperly, Tropp and Webber (2024), "XTrace: Making the most of every sample in stochastic trace
// estimation".
func XTrace(ctx context.Context, h Operator, products int, seed int64) (Estimate, error) {
	if products < 4 {
		return Estimate{}, fmt.Errorf("curvature: XTrace got %d products: want at least 4", products)
	}
	n, m, rng := h.Dim(), unlimited(h), newRandom(seed)
	k := min(products/2, n)
	probes, basis, images := newVectorSet(k, n), newVectorSet(k, n), newVectorSet(k, n)
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
	small := func(a, b *vectorSet) *mat.Dense { // abᵀ
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
