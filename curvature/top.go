package curvature

import (
	"context"
	"fmt"
)

// Top returns the k largest eigenvalues of the Hessian of p, 1 ≤ k ≤ Dim, the largest first. Each comes with its unit
// vector v and with its residual ‖Hv − λv‖: an eigenvalue of H lies within that distance. "Largest" goes by the signed
// value, not by its size.
//
// The products H·v are exact, at the weights that the store holds, on all batches of p, in its NormMode. Where the
// model has an operation without a second derivative they are central differences, and the Warning says so. The solver
// is Lanczos with DefaultLanczosOptions(k): to a residual of 1e-3·|λ| or in 1,000 products, whichever comes first.
// Reaching the limit is no error: look at Converged, of the Result and of each pair.
//
// It fails when k is out of range, when a product fails by either method, and when ctx ends; then the Result holds what
// had been found by then.
func Top(ctx context.Context, p *Problem, k int) (Result, error) {
	if k < 1 || k > p.Dim() {
		return Result{}, fmt.Errorf("curvature: Top got k = %d for %d parameters: want 1 ≤ k ≤ %d", k, p.Dim(), p.Dim())
	}
	h, err := NewHessian(p, Automatic)
	if err != nil {
		return Result{}, err
	}
	r, err := Lanczos(ctx, h, DefaultLanczosOptions(k))
	if h.Fallback() == nil || err != nil || len(r.Pairs) == 0 {
		return r, err
	}
	e, err := h.DifferenceError(ctx, r.Vector())
	r.Warning = fmt.Sprintf("products are by central differences, wrong by about %.1g %% along the first vector, for "+
		"there are no exact ones: %v", 100*e, h.Fallback())
	return r, err
}
