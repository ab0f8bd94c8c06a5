package curvature_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// symmetric returns (A + Aᵀ)/2 of a Gaussian A: eigenvalues of both signs.
func symmetric(n int, seed uint64) *mat.SymDense {
	rng := rand.New(rand.NewPCG(seed, 1))
	a := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			a.SetSym(i, j, rng.NormFloat64())
		}
	}
	return a
}

// wishart returns XXᵀ/columns for a Gaussian n×columns X: positive semi-definite, of rank min(n, columns).
func wishart(n, columns int, seed uint64) *mat.SymDense {
	rng := rand.New(rand.NewPCG(seed, 2))
	x := mat.NewDense(n, columns, nil)
	for i := range n {
		for j := range columns {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	a := mat.NewSymDense(n, nil)
	a.SymOuterK(1/float64(columns), x)
	return a
}

// withSpectrum returns Q diag(values) Qᵀ for a random orthogonal Q.
func withSpectrum(seed uint64, values ...float64) *mat.SymDense {
	n := len(values)
	_, q := eigen(symmetric(n, seed))
	a := mat.NewSymDense(n, nil)
	for k, value := range values {
		a.SymRankOne(a, value, q.ColView(k))
	}
	return a
}

func repeated(value float64, count int) []float64 { return slices.Repeat([]float64{value}, count) }

// eigen is LAPACK's answer: values ascending, vectors in columns.
func eigen(a mat.Symmetric) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(a, true) {
		panic("no eigenvalues")
	}
	var q mat.Dense
	e.VectorsTo(&q)
	return e.Values(nil), &q
}

// gram returns the largest deviation of the vectors' inner products from the identity.
func gramError(vectors [][]float64) float64 {
	worst := 0.0
	for i := range vectors {
		for j := range vectors {
			want := 0.0
			if i == j {
				want = 1
			}
			worst = max(worst, math.Abs(mat.Dot(mat.NewVecDense(len(vectors[i]), vectors[i]), mat.NewVecDense(len(vectors[j]),
				vectors[j]))-want))
		}
	}
	return worst
}

func almostEqual(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

func checkClose(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !almostEqual(got, want, tolerance) {
		t.Errorf("%s = %.15g, want %.15g ± %.2g", what, got, want, tolerance)
	}
}
