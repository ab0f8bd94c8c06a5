package curvature

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// solveDense is Lanczos for a small operator: it forms the matrix and leaves it to LAPACK.
func solveDense(ctx context.Context, h Operator, o LanczosOptions) (Result, error) {
	m := &meter{op: h, limit: o.MaxProducts}
	a, asymmetry, err := m.form(ctx)
	if err != nil {
		reason, err := stopped(err)
		return Result{Products: m.products, Reason: reason}, err
	}
	values, vectors := eigenSym(a)
	scale := max(math.Abs(values[0]), math.Abs(values[len(values)-1]))
	r := Result{Products: m.products, Converged: true, Reason: ReasonDense}
	av := make([]float64, h.Dim())
	for _, i := range ordering(values, o.Which)[:o.K] {
		pair := Eigenpair{Value: values[i], Vector: mat.Col(nil, i, vectors)}
		blas64.Symv(1, a.RawSymmetric(), vector(pair.Vector), 0, vector(av))
		// The matrix solved differs from the operator by its asymmetric part, of norm at most n·asymmetry/2.
		pair.Residual = residual(av, pair.Vector, pair.Value) + asymmetry*float64(h.Dim())/2
		pair.Converged = pair.Residual <= o.allows(pair.Value, scale)
		r.Converged = r.Converged && pair.Converged
		r.Pairs = append(r.Pairs, pair)
	}
	if !r.Converged {
		r.Reason = ReasonNoise
	}
	return r, nil
}

// eigenSym is LAPACK's symmetric eigensolver: values ascending, vectors in columns.
func eigenSym(a mat.Symmetric) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(a, true) {
		// LAPACK's QR iteration succeeds on every matrix of finite numbers, and meter rejects all others.
		panic(fmt.Sprintf("curvature: no eigenvalues of a symmetric %d×%d matrix", a.SymmetricDim(), a.SymmetricDim()))
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return e.Values(nil), &vectors
}

// key orders eigenvalues: larger for those wanted more.
func key(value float64, which Which) float64 {
	switch which {
	case Smallest:
		return -value
	case LargestMagnitude:
		return math.Abs(value)
	default:
		return value
	}
}

// ordering returns the indices of values, best first.
func ordering(values []float64, which Which) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(key(values[b], which), key(values[a], which))
	})
	return order
}
