package curvature

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Which says which end of the spectrum is wanted, and the order of the result.
type Which int

const (
	Largest          Which = iota // largest signed eigenvalues, descending
	Smallest                      // smallest signed eigenvalues, ascending
	LargestMagnitude              // largest |λ|, descending
)

// LanczosOptions says how Lanczos works. Start from DefaultLanczosOptions.
type LanczosOptions struct {
	K           int // eigenpairs wanted, 1 ≤ K ≤ Dim
	Which       Which
	Tolerance   float64 // a pair has converged when ‖Hv − λv‖ ≤ Tolerance·|λ|
	Floor       float64 // or when ‖Hv − λv‖ ≤ Floor·‖H‖, ‖H‖ the largest |λ| seen: for eigenvalues near 0
	MaxProducts int     // ≥ 1
	// Basis is the largest number of vectors of length Dim held at a time beside one that is being made, those of the result
	// among them; at least K + 3. A larger one needs fewer products. Where Dim is no larger than Basis and MaxProducts, the
	// matrix is formed and solved by LAPACK.
	Basis int
	Start []float64 // first vector, of any length but 0, for instance that of an earlier result; nil draws one from Seed
	Seed  int64
	// Verify searches the complement of the K vectors found, from a fresh random vector, until the best pair there (to a
	// residual of √Tolerance) is no better than they are. A Lanczos process sees one vector of each eigenspace only, and
	// none in which its start has no part: this finds the others. It costs about as much as one pair more.
	Verify bool
}

// DefaultLanczosOptions asks for the k largest signed eigenvalues to a residual of 1e-3, in at most 1,000 products, with
// verification, a basis of k + 30 vectors and a floor (1e-6) for products in float32.
func DefaultLanczosOptions(k int) LanczosOptions {
	return LanczosOptions{K: k, Which: Largest, Tolerance: 1e-3, Floor: 1e-6, MaxProducts: 1000, Basis: k + 30, Verify: true}
}

// LambdaMaxOptions measures λmax as it is reported for a trained model: to a residual of 1e-2 or in 200 products,
// whichever comes first. With one eigenvalue wanted from a random start there is nothing to verify.
func LambdaMaxOptions() LanczosOptions {
	return LanczosOptions{K: 1, Which: Largest, Tolerance: 1e-2, Floor: 1e-6, MaxProducts: 200, Basis: 24}
}

func (o LanczosOptions) validate(n int) error {
	var errs []error
	if o.K < 1 || o.K > n {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.K = %d for an operator of dimension %d: want 1 ≤ K ≤ %d", o.K, n, n))
	}
	if o.Which < Largest || o.Which > LargestMagnitude {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Which = %d: want Largest, Smallest or LargestMagnitude", o.Which))
	}
	if !(o.Tolerance >= 0 && o.Tolerance < 1) {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Tolerance = %v: want 0 ≤ Tolerance < 1", o.Tolerance))
	}
	if !(o.Floor >= 0 && o.Floor < 1) {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Floor = %v: want 0 ≤ Floor < 1", o.Floor))
	}
	if o.MaxProducts < 1 {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.MaxProducts = %d: want at least 1", o.MaxProducts))
	}
	if o.Basis < o.K+3 {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Basis = %d with K = %d: want at least K + 3", o.Basis, o.K))
	}
	return errors.Join(errs...)
}

// LambdaMax returns the largest signed eigenvalue of h with its vector: Lanczos with K = 1 and Which = Largest,
// whatever o says of these. A warm start is verified, for an eigenvector that was the top one may no longer be.
func LambdaMax(ctx context.Context, h Operator, o LanczosOptions) (Result, error) {
	o.K, o.Which = 1, Largest
	o.Verify = o.Verify || o.Start != nil
	return Lanczos(ctx, h, o)
}

// Lanczos returns K eigenpairs of h from the end of its spectrum that o.Which names.
//
// It builds an orthonormal basis V of Krylov vectors, every new one made orthogonal to all before it, and the
// projection VᵀHV, whose eigenpairs (θ, s) give Ritz pairs (θ, Vs). When the basis is full it restarts with the best
// Ritz vectors kept (thick restart). It stops when the K wanted pairs have a residual within tolerance; the residuals in
// the result are then measured, with one more product each, for which the limit leaves room. When the context ends it
// earlier they are the estimates of the process. A limit that is reached while verifying leaves pairs that have
// converged in a Result that has not.
//
// Reference: Wu and Simon (2000), "Thick-restart Lanczos method for large symmetric eigenvalue problems".
func Lanczos(ctx context.Context, h Operator, o LanczosOptions) (Result, error) {
	n := h.Dim()
	if err := o.validate(n); err != nil {
		return Result{}, err
	}
	if n <= o.Basis && n <= o.MaxProducts {
		return solveDense(ctx, h, o)
	}
	rng := newRandom(o.Seed)
	start, err := startVector("Lanczos", o.Start, n, rng)
	if err != nil {
		return Result{}, err
	}
	p := &process{meter: &meter{op: h, limit: max(o.MaxProducts-o.K, 1)}, o: o, rng: rng, basis: min(o.Basis, n)}
	p.v = newRows(p.basis+1, n)
	p.projection = mat.NewSymDense(p.basis, nil)
	copy(p.v.row(0), start)
	reason, err := p.run(ctx)
	if err != nil {
		reason, err = stopped(err)
	}
	if reason == ReasonResidual || reason == ReasonComplete || reason == ReasonProducts {
		p.meter.limit = o.MaxProducts
		return p.measured(ctx, reason)
	}
	return p.result(reason), err
}

// solveDense forms the matrix and leaves it to LAPACK.
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
		pair.Converged = pair.Residual <= max(o.Tolerance*math.Abs(pair.Value), o.Floor*scale)
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
		// LAPACK's QR iteration fails on no matrix of finite numbers, and meter lets no other pass.
		panic(fmt.Sprintf("curvature: no eigenvalues of a symmetric %d×%d matrix", a.SymmetricDim(), a.SymmetricDim()))
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return e.Values(nil), &vectors
}

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
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(key(values[b], which), key(values[a], which)) })
	return order
}
