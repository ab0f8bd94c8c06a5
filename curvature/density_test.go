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

func ExampleSpectralDensity() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{-1, 2, 5}))
	d, err := curvature.SpectralDensity(context.Background(), h, curvature.DensityOptions{Steps: 3, Probes: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Ritz values %.3f\n", d.Nodes[0])
	// Output: Ritz values [-1.000 2.000 5.000]
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
		d, err := curvature.SpectralDensity(context.Background(), curvature.Dense(s.a), curvature.DensityOptions{Steps: n,
			Vectors: units})
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
		d, err := curvature.SpectralDensity(context.Background(), curvature.Dense(a), curvature.DensityOptions{Steps: 5,
			Probes: 1, Seed: seed})
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
