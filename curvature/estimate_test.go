package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/xsam-go/xsam/curvature"
)

func ExampleDiagonal() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{1, 2, 3}))
	d, err := curvature.Diagonal(context.Background(), h, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", d.Values)
	// Output: [1.000 2.000 3.000]
}

// ‖diag(3, 4)‖_F = 5.
func ExampleFrobeniusNorm() {
	h := curvature.Dense(mat.NewDiagDense(2, []float64{3, 4}))
	e, err := curvature.FrobeniusNorm(context.Background(), h, 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", e.Value)
	// Output: 5.000
}

const seeds = 200

// means runs an estimator with 200 seeds and checks that the mean is within 3 standard errors of the truth.
func means(t *testing.T, what string, want float64, estimate func(seed int64) (curvature.Estimate, error)) []float64 {
	t.Helper()
	values := make([]float64, seeds)
	for i := range values {
		e, err := estimate(int64(i))
		if err != nil {
			t.Fatal(err)
		}
		values[i] = e.Value
	}
	mean, sd := stat.MeanStdDev(values, nil)
	if limit := 3*sd/math.Sqrt(seeds) + 1e-12*math.Abs(want); !almostEqual(mean, want, limit) {
		t.Errorf("%s: mean over %d seeds %.8g, want %.8g ± %.2g (3 standard errors)", what, seeds, mean, want, limit)
	}
	return values
}

// squares is ‖A‖_F² and Σ aᵢᵢ².
func squares(a *mat.SymDense) (all, diagonal float64) {
	for i := range a.SymmetricDim() {
		diagonal += a.At(i, i) * a.At(i, i)
	}
	f := mat.Norm(a, 2)
	return f * f, diagonal
}

// The stated standard error must be that of the spread over seeds: their mean squares agree within 3 standard errors
// (15 degrees of freedom each, so 200 of them average to a few percent; the spread over seeds is known to 10 %).
func TestStandardErrorsAreTrue(t *testing.T) {
	a := wishart(40, 30, 22)
	for name, estimate := range map[string]func(h curvature.Operator, seed int64) (curvature.Estimate, error){
		"Hutchinson": func(h curvature.Operator, seed int64) (curvature.Estimate, error) {
			return curvature.Hutchinson(context.Background(), h, 16, curvature.Rademacher, seed)
		},
		"Hutch++": func(h curvature.Operator, seed int64) (curvature.Estimate, error) {
			return curvature.HutchPP(context.Background(), h, 24, seed)
		},
		"Frobenius": func(h curvature.Operator, seed int64) (curvature.Estimate, error) {
			return curvature.FrobeniusNorm(context.Background(), h, 16, seed)
		},
	} {
		var values []float64
		stated := 0.0
		for seed := range int64(seeds) {
			e, err := estimate(curvature.Dense(a), seed)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, e.Value)
			stated += e.StandardError * e.StandardError / seeds
		}
		if r := math.Sqrt(stated / stat.Variance(values, nil)); !almostEqual(r, 1, 0.25) {
			t.Errorf("%s: stated standard error over spread = %.3g, want 1 ± 0.25", name, r)
		}
	}
}

func TestDiagonalHasItsMeanAndVariance(t *testing.T) {
	const n = 12
	a := symmetric(n, 41)
	const samples = 4
	estimates := mat.NewDense(seeds, n, nil)
	stated := make([]float64, n)
	for seed := range seeds {
		d, err := curvature.Diagonal(context.Background(), curvature.Dense(a), samples, int64(seed))
		if err != nil {
			t.Fatal(err)
		}
		estimates.SetRow(seed, d.Values)
		for i, se := range d.StandardErrors {
			stated[i] += se * se / seeds
		}
	}
	for i := range n {
		variance := 0.0
		for j := range n {
			if j != i {
				variance += a.At(i, j) * a.At(i, j) / samples
			}
		}
		values := mat.Col(nil, i, estimates)
		checkClose(t, fmt.Sprintf("mean of entry %d", i), stat.Mean(values, nil), a.At(i, i), 3*math.Sqrt(variance/seeds))
		// 0.3 is three standard errors of a variance from 200 numbers.
		checkClose(t, fmt.Sprintf("variance of entry %d over the formula's", i), stat.Variance(values, nil)/variance, 1, 0.3)
		checkClose(t, fmt.Sprintf("stated variance of entry %d over the formula's", i), stated[i]/variance, 1, 0.3)
	}
}

func TestFrobeniusNorm(t *testing.T) {
	a := symmetric(40, 42)
	want := mat.Norm(a, 2)
	squared := make([]float64, seeds)
	for seed := range squared {
		e, err := curvature.FrobeniusNorm(context.Background(), curvature.Dense(a), 1, int64(seed))
		if err != nil {
			t.Fatal(err)
		}
		squared[seed] = e.Value * e.Value
	}
	var square mat.SymDense // zᵀA²z has the mean ‖A‖_F² and Hutchinson's variance
	square.SymOuterK(1, a)
	all, diagonal := squares(&square)
	mean, variance := stat.MeanVariance(squared, nil)
	checkClose(t, "mean of ‖Az‖²", mean, want*want, 3*math.Sqrt(variance/seeds))
	checkClose(t, "variance over the formula's", variance/(2*(all-diagonal)), 1, 0.35) // a skewed law: a little over 3·0.1
}

func TestEstimatorsKeepWhatTheyHaveWhenCancelled(t *testing.T) {
	dense := curvature.Dense(symmetric(20, 61))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	products := 0
	h := curvature.OperatorFunc(20, func(ctx context.Context, dst, src []float64) error {
		if products++; products == 7 {
			cancel()
		}
		return dense.Apply(ctx, dst, src)
	})
	e, err := curvature.Hutchinson(ctx, h, 100, curvature.Rademacher, 1)
	want, _ := curvature.Hutchinson(context.Background(), dense, 7, curvature.Rademacher, 1)
	if !errors.Is(err, context.Canceled) || e.Samples != 7 || e.Value != want.Value ||
		e.Reason != curvature.ReasonCancelled {
		t.Errorf("got %+v and %v, want the estimate of 7 samples, %+v, and context.Canceled", e, err, want)
	}
}

func TestEstimatorsCheckTheirArguments(t *testing.T) {
	h := diagonal(1, 2)
	ctx := context.Background()
	for name, call := range map[string]func() error{
		"Hutchinson samples": func() error { _, err := curvature.Hutchinson(ctx, h, 0, curvature.Rademacher, 0); return err },
		"Hutchinson probe":   func() error { _, err := curvature.Hutchinson(ctx, h, 1, 9, 0); return err },
		"HutchPP":            func() error { _, err := curvature.HutchPP(ctx, h, 2, 0); return err },
		"XTrace":             func() error { _, err := curvature.XTrace(ctx, h, 3, 0); return err },
		"Diagonal":           func() error { _, err := curvature.Diagonal(ctx, h, 0, 0); return err },
		"FrobeniusNorm":      func() error { _, err := curvature.FrobeniusNorm(ctx, h, 0, 0); return err },
		"density steps": func() error {
			_, err := curvature.SpectralDensity(ctx, h, curvature.DensityOptions{Steps: 3, Probes: 1})
			return err
		},
		"density probes": func() error {
			_, err := curvature.SpectralDensity(ctx, h, curvature.DensityOptions{Steps: 1})
			return err
		},
		"density vectors": func() error {
			_, err := curvature.SpectralDensity(ctx, h, curvature.DensityOptions{Steps: 1, Vectors: [][]float64{{1, 1}}})
			return err
		},
		"density width": func() error { _, err := curvature.Density{}.At([]float64{0}, 0); return err },
	} {
		if call() == nil {
			t.Errorf("%s: taken, want an error", name)
		}
	}
}
