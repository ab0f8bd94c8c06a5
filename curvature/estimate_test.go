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

func ExampleSpectralDensity() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{-1, 2, 5}))
	d, err := curvature.SpectralDensity(context.Background(), h, curvature.DensityOptions{Steps: 3, Probes: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Ritz values %.3f\n", d.Nodes[0])
	// Output: Ritz values [-1.000 2.000 5.000]
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

func TestHutchinsonHasItsMeanAndVariance(t *testing.T) {
	a := symmetric(40, 21)
	all, diagonal := squares(a)
	for _, tt := range []struct {
		probe    curvature.Probe
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

// The stated standard error must be that of the spread over seeds: their mean squares agree within 3 standard errors (15
// degrees of freedom each, so 200 of them average to a few percent; the spread over seeds is known to 10 %).
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
		for name, estimate := range map[string]func(context.Context, curvature.Operator, int, int64) (curvature.Estimate, error){
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
	t.Logf("root mean square errors at %d products: Hutchinson %.2g, Hutch++ %.2g, XTrace %.2g", products, hutchinson, hutchpp, xtrace)
	if !(xtrace < hutchpp && hutchpp < hutchinson) {
		t.Errorf("errors Hutchinson %.2g, Hutch++ %.2g, XTrace %.2g: want each below the one before", hutchinson, hutchpp, xtrace)
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

// n Lanczos steps from each of the n unit vectors give every eigenvalue, each with a total weight of 1.
func TestFullDensityIsExact(t *testing.T) {
	for _, s := range spectra {
		n := s.a.SymmetricDim()
		var units [][]float64
		for i := range n {
			unit := make([]float64, n)
			unit[i] = 1
			units = append(units, unit)
		}
		d, err := curvature.SpectralDensity(context.Background(), curvature.Dense(s.a), curvature.DensityOptions{Steps: n, Vectors: units})
		if err != nil {
			t.Fatal(err)
		}
		values, _ := eigen(s.a)
		size := math.Max(1, math.Max(math.Abs(values[0]), math.Abs(values[n-1])))
		for _, power := range []float64{0, 1, 2, 3} {
			want := 0.0
			for _, v := range values {
				want += math.Pow(v, power) / float64(n)
			}
			got := d.Mean(func(x float64) float64 { return math.Pow(x, power) }).Value
			checkClose(t, fmt.Sprintf("%s: moment %v", s.name, power), got, want, 1e-10*math.Pow(size, power))
		}
		// The smoothed density is that of the eigenvalues, and integrates to 1.
		width := 0.05 * size
		var points, want []float64
		const step = 0.01
		for x := values[0] - 8*width; x < values[n-1]+8*width; x += step * size {
			points = append(points, x)
			sum := 0.0
			for _, v := range values {
				sum += math.Exp(-(x-v)*(x-v)/(2*width*width)) / (width * math.Sqrt(2*math.Pi) * float64(n))
			}
			want = append(want, sum)
		}
		got, err := d.At(points, width)
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for i := range got {
			total += got[i] * step * size
			checkClose(t, fmt.Sprintf("%s: density at %g", s.name, points[i]), got[i], want[i], 1e-8/width)
		}
		checkClose(t, s.name+": integral", total, 1, 1e-6) // a sum over steps of width/5 of a smooth function
	}
}

// With few steps the quadrature still has the moments up to 2·Steps − 1 of each probe, so the mean is Hutchinson's.
func TestShortDensityHasTheTrace(t *testing.T) {
	a := wishart(60, 50, 51)
	var samples []float64
	for seed := range int64(seeds) {
		d, err := curvature.SpectralDensity(context.Background(), curvature.Dense(a), curvature.DensityOptions{Steps: 5, Probes: 1, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		weight := 0.0
		for _, w := range d.Weights[0] {
			weight += w
		}
		checkClose(t, "sum of the weights", weight, 1, 1e-12)
		samples = append(samples, 60*d.Mean(func(x float64) float64 { return x }).Value)
		lo, hi := d.Range()
		if values, _ := eigen(a); lo < values[0]-1e-12 || hi > values[59]+1e-12 {
			t.Errorf("Ritz values from %g to %g lie outside of the spectrum, %g to %g", lo, hi, values[0], values[59])
		}
	}
	mean, sd := stat.MeanStdDev(samples, nil)
	checkClose(t, "trace", mean, mat.Trace(a), 3*sd/math.Sqrt(seeds))
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
	if !errors.Is(err, context.Canceled) || e.Samples != 7 || e.Value != want.Value || e.Reason != curvature.ReasonCancelled {
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
