package curvature_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/xsam-go/xsam/curvature"
)

// A diagonal matrix has no variance under Rademacher probes: one product gives the trace 1 + 2 + 3.
func ExampleHutchinson() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{1, 2, 3}))
	e, err := curvature.Hutchinson(context.Background(), h, 2, curvature.Rademacher, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("trace = %.3f ± %.3f\n", e.Value, e.StandardError)
	// Output: trace = 6.000 ± 0.000
}

// Hutch++ is exact for a matrix whose rank is at most a third of the products.
func ExampleHutchPP() {
	h := curvature.Dense(mat.NewDiagDense(30, append([]float64{5, 7}, make([]float64, 28)...)))
	e, err := curvature.HutchPP(context.Background(), h, 9, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("trace = %.3f\n", e.Value)
	// Output: trace = 12.000
}

func ExampleXTrace() {
	h := curvature.Dense(mat.NewDiagDense(30, append([]float64{5, 7}, make([]float64, 28)...)))
	e, err := curvature.XTrace(context.Background(), h, 8, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("trace = %.3f with %d products\n", e.Value, e.Products)
	// Output: trace = 12.000 with 5 products
}

func TestHutchinsonHasItsMeanAndVariance(t *testing.T) {
	a := symmetric(40, 21)
	all, diagonal := squares(a)
	for _, tt := range []struct {
		probe    curvature.Distribution
		variance float64 // of one sample
	}{
		{curvature.Rademacher, 2 * (all - diagonal)},
		{curvature.Gaussian, 2 * all},
	} {
		const samples = 5
		values := means(t, "Hutchinson", mat.Trace(a), func(seed int64) (curvature.Estimate, error) {
			return curvature.Hutchinson(context.Background(), curvature.Dense(a), samples, tt.probe, seed)
		})
		// The variance of 200 nearly normal numbers has a relative standard error of √(2/199) = 0.10; three of them.
		got := stat.Variance(values, nil) * samples
		if r := got / tt.variance; !almostEqual(r, 1, 0.3) {
			t.Errorf("probe %d: variance of a sample %.4g, want %.4g ± 30 %%", tt.probe, got, tt.variance)
		}
	}
}

func TestTraceEstimatorsAreUnbiased(t *testing.T) {
	for _, s := range spectra {
		n := s.a.SymmetricDim()
		h := curvature.Dense(s.a)
		means(t, s.name+": Hutch++", mat.Trace(s.a), func(seed int64) (curvature.Estimate, error) {
			return curvature.HutchPP(context.Background(), h, 9, seed)
		})
		means(t, s.name+": XTrace", mat.Trace(s.a), func(seed int64) (curvature.Estimate, error) {
			return curvature.XTrace(context.Background(), h, 8, seed)
		})
		// A basis of the whole space leaves nothing to chance.
		for name, estimate := range map[string]func(context.Context, curvature.Operator, int, int64) (curvature.Estimate,
			error){
			"Hutch++": curvature.HutchPP, "XTrace": curvature.XTrace,
		} {
			e, err := estimate(context.Background(), h, 3*n+4, 1)
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, s.name+": full "+name, e.Value, mat.Trace(s.a), 1e-10*(1+mat.Norm(s.a, 2)))
		}
	}
}

// On a spectrum that decays quickly the error of XTrace is below that of Hutch++, and that below Hutchinson's.
func TestBetterEstimatorsAreBetter(t *testing.T) {
	values := make([]float64, 100)
	for i := range values {
		values[i] = math.Pow(0.8, float64(i))
	}
	a := withSpectrum(31, values...)
	h := curvature.Dense(a)
	rms := func(estimate func(seed int64) (curvature.Estimate, error)) float64 {
		sum := 0.0
		for seed := range int64(50) {
			e, err := estimate(seed)
			if err != nil {
				t.Fatal(err)
			}
			sum += (e.Value - mat.Trace(a)) * (e.Value - mat.Trace(a)) / 50
		}
		return math.Sqrt(sum)
	}
	const products = 30
	hutchinson := rms(func(seed int64) (curvature.Estimate, error) {
		return curvature.Hutchinson(context.Background(), h, products, curvature.Rademacher, seed)
	})
	hutchpp := rms(func(seed int64) (curvature.Estimate, error) {
		return curvature.HutchPP(context.Background(), h, products, seed)
	})
	xtrace := rms(func(seed int64) (curvature.Estimate, error) {
		return curvature.XTrace(context.Background(), h, products, seed)
	})
	t.Logf("root mean square errors at %d products: Hutchinson %.2g, Hutch++ %.2g, XTrace %.2g", products, hutchinson,
		hutchpp, xtrace)
	if !(xtrace < hutchpp && hutchpp < hutchinson) {
		t.Errorf("errors Hutchinson %.2g, Hutch++ %.2g, XTrace %.2g: want each below the one before", hutchinson, hutchpp,
			xtrace)
	}
}
