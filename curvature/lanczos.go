package curvature

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"gonum.org/v1/gonum/mat"
)

// Which says which end of the spectrum is wanted, and the order of the result.
type Which int

// The ends of the spectrum.
const (
	Largest          Which = iota // largest signed eigenvalues, descending
	Smallest                      // smallest signed eigenvalues, ascending
	LargestMagnitude              // largest |λ|, descending
)

// LanczosOptions say what Lanczos looks for, and how. Start from DefaultLanczosOptions.
type LanczosOptions struct {
	Limits
	K     int   // eigenpairs wanted, 1 ≤ K ≤ Dim
	Which Which // from which end of the spectrum
	// Basis is the number of vectors of length Dim held at a time, at least K + 3. It includes those of the result, but
	// not the one that is being made. A larger one needs fewer products. Where Dim is no larger than Basis and
	// MaxProducts, the matrix is formed and solved by LAPACK.
	Basis int
	Start []float64 // first vector, of any length but 0, such as that of an earlier result; nil draws one from Seed
	Seed  int64
	// Verify searches the complement of the K vectors found, from a fresh random vector, until the best pair there
	// (to a residual of √Tolerance) is no better than they are. Lanczos sees one vector of each eigenspace only, and
	// none in which its start has no part: this finds the others. It costs about as much as one pair more.
	Verify bool
}

// DefaultLanczosOptions ask for the k largest signed eigenvalues to a residual of 1e-3, in at most 1,000 products, with
// verification, a basis of k + 30 vectors, and a floor (1e-6) for products in float32.
func DefaultLanczosOptions(k int) LanczosOptions {
	return LanczosOptions{
		Limits: Limits{Tolerance: 1e-3, Floor: 1e-6, MaxProducts: 1000},
		K:      k, Which: Largest, Basis: k + 30, Verify: true,
	}
}

// LambdaMaxOptions measure λmax as it is reported for a trained model: to a residual of 1e-2 or in 200 products,
// whichever comes first. With one eigenvalue wanted from a random start there is nothing to verify.
func LambdaMaxOptions() LanczosOptions {
	return LanczosOptions{
		Limits: Limits{Tolerance: 1e-2, Floor: 1e-6, MaxProducts: 200},
		K:      1, Which: Largest, Basis: 24,
	}
}

func (o LanczosOptions) validate(n int) error {
	errs := o.errors("LanczosOptions")
	if o.K < 1 || o.K > n {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.K = %d for an operator of dimension %d: "+
			"want 1 ≤ K ≤ %d", o.K, n, n))
	}
	if o.Which < Largest || o.Which > LargestMagnitude {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Which = %d: "+
			"want Largest, Smallest or LargestMagnitude", o.Which))
	}
	if o.Basis < o.K+3 {
		errs = append(errs, fmt.Errorf("curvature: LanczosOptions.Basis = %d with K = %d: want at least K + 3",
			o.Basis, o.K))
	}
	return errors.Join(errs...)
}

// LambdaMax returns the largest signed eigenvalue of h with its vector: Lanczos with K = 1 and Which = Largest,
// whatever o says of these. A result from a given Start is verified, since another eigenvector may have become the top
// one.
func LambdaMax(ctx context.Context, h Operator, o LanczosOptions) (Result, error) {
	o.K, o.Which = 1, Largest
	o.Verify = o.Verify || o.Start != nil
	return Lanczos(ctx, h, o)
}

// Lanczos returns K eigenpairs of h from the end of its spectrum that o.Which names.
//
// It builds an orthonormal basis V of Krylov vectors, every new one orthogonal to all before it, and the projection
// VᵀHV, whose eigenpairs (θ, s) give Ritz pairs (θ, Vs). When the basis is full it goes on from the best Ritz vectors
// (thick restart). It stops when the K wanted pairs have converged, or at the limit of products.
//
// The residuals in the result are measured, by one more product each, for which the limit leaves room. They are
// estimates when the context ends the search. When the limit is reached while verifying, the pairs have converged and
// the Result has not. It fails when an option is out of range, a product fails, or ctx ends.
//
// Reference: Wu and Simon (2000), "Thick-restart Lanczos method for large symmetric eigenvalue problems".
func Lanczos(ctx context.Context, h Operator, o LanczosOptions) (Result, error) {
	// Products run on one thread: the C allocator, from which XLA gets its memory, keeps some for each thread that
	// asks.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
	p := &thickRestart{meter: &meter{op: h, limit: max(o.MaxProducts-o.K, 1)}, o: o, rng: rng, basis: min(o.Basis, n)}
	p.v = newVectorSet(p.basis+1, n)
	p.projection = mat.NewSymDense(p.basis, nil)
	p.v.data[0] = start
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
