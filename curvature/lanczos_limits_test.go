package curvature_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
)

func TestLanczosStopsAtTheProductLimit(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 10, 30} {
		o := curvature.DefaultLanczosOptions(3)
		o.MaxProducts, o.Tolerance, o.Floor, o.Basis = limit, 1e-14, 0, 8
		r, err := curvature.Lanczos(context.Background(), curvature.Dense(wishart(100, 110, 4)), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Products > limit || r.Converged || r.Reason != curvature.ReasonProducts {
			t.Errorf("limit %d: %d products, converged %v, %q", limit, r.Products, r.Converged, r.Reason)
		}
	}
}

// Products with rounding of 1e-3 cannot give a residual of 1e-6, and the result must say so.
func TestLanczosReportsNoisyProducts(t *testing.T) {
	dense := curvature.Dense(wishart(100, 110, 4))
	rng := symmetric(100, 77)
	call := 0
	h := curvature.OperatorFunc(100, func(ctx context.Context, dst, src []float64) error {
		if err := dense.Apply(ctx, dst, src); err != nil {
			return err
		}
		for i := range dst {
			dst[i] += 1e-3 * rng.At(call%100, i)
		}
		call++
		return nil
	})
	o := curvature.DefaultLanczosOptions(1)
	o.Tolerance, o.Floor, o.Verify = 1e-6, 0, false
	r, err := curvature.Lanczos(context.Background(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Converged {
		t.Errorf("converged with relative residual %.2g, want a warning", r.RelativeResidual())
	}
	if r.Reason != curvature.ReasonNoise && r.Reason != curvature.ReasonProducts {
		t.Errorf("reason %q, want %q or %q", r.Reason, curvature.ReasonNoise, curvature.ReasonProducts)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	h := curvature.Dense(symmetric(80, 8))
	o := curvature.DefaultLanczosOptions(2)
	a, err := curvature.Lanczos(context.Background(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := curvature.Lanczos(context.Background(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Values(), b.Values()) || !slices.Equal(a.Vector(), b.Vector()) {
		t.Errorf("two runs of one seed differ: %v and %v", a.Values(), b.Values())
	}
}

// All of a solve, restarts and verification included, lives in the basis, the start and one vector more: for k pairs
// k + 32 by default. Allocated bytes are counted whether freed or not, so nothing that is held at a time can escape.
func TestLanczosHoldsItsBasisAndNoMore(t *testing.T) {
	const n = 200_000
	values := make([]float64, n)
	for i := range values {
		values[i] = 1 + math.Sin(float64(i))
		if i < 40 {
			values[i] = 100 * math.Pow(0.97, float64(i))
		}
	}
	diagonal := curvature.OperatorFunc(n, func(_ context.Context, dst, src []float64) error {
		floats.MulTo(dst, values, src)
		return nil
	})
	for _, k := range []int{1, 5, 20} {
		o := curvature.DefaultLanczosOptions(k)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := curvature.Lanczos(context.Background(), diagonal, o)
		runtime.ReadMemStats(&after)
		if err != nil || !r.Converged {
			t.Fatalf("k %d: not converged: %v %v", k, r.Reason, err)
		}
		if r.Iterations < 1 {
			t.Errorf("k %d: no restart, so none was tested", k)
		}
		vectors := float64(after.TotalAlloc-before.TotalAlloc) / (8 * n)
		t.Logf("k %d: %.1f vectors, %d products, %d restarts", k, vectors, r.Products, r.Iterations)
		// A basis of k + 30, the next vector, the start, one for what is not listed; and, growing with k alone, four
		// small matrices a product and the blocks of the rotations.
		small := float64(4*r.Products*o.Basis*o.Basis+2*(r.Iterations+1)*o.Basis*1024) / n
		if limit := float64(k+33) + small; vectors > limit {
			t.Errorf("k %d: %.1f vectors of memory: want at most %.1f", k, vectors, limit)
		}
	}
}
