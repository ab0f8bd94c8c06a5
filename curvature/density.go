package curvature

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// DensityOptions say how SpectralDensity works.
type DensityOptions struct {
	// Steps is the number of Lanczos steps for a probe, and so of its Ritz values, which resolve the ends of the
	// spectrum best; 1 ≤ Steps ≤ Dim.
	Steps  int
	Probes int // random unit vectors, ≥ 1
	Seed   int64
	// Vectors are unit vectors to use instead of random ones; Probes then plays no part. All n unit vectors with n
	// steps give the exact density.
	Vectors [][]float64
}

// Density is the spectral density of an operator of dimension n,
//
//	φ(λ) = (1/n) Σᵢ δ(λ − λᵢ)
//
// as the mean over probes of discrete measures. Those have the Ritz values of the probe as their nodes, and weights
// that sum to 1.
type Density struct {
	Dim      int
	Nodes    [][]float64 // by probe, ascending
	Weights  [][]float64
	Products int
	Reason   Reason // why not all probes were taken; "" when they were
}

// SpectralDensity estimates the density of H's eigenvalues by stochastic Lanczos quadrature. A random unit vector u
// sees the spectrum with the weights (uᵀqᵢ)², qᵢ the eigenvectors, whose mean is 1/n. Steps steps of Lanczos give the
// Gauss quadrature of that measure, which is exact for polynomials up to degree 2·Steps − 1.
//
// It takes Steps products a probe and holds Steps + 1 vectors, for full reorthogonalisation. It fails when an option is
// out of range. When ctx ends, the probes that were finished come with its error.
//
// Reference: Ubaru, Chen and Saad (2017), "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature"; Ghorbani,
// Krishnan and Xiao (2019), "An investigation into neural net optimization via Hessian eigenvalue density".
func SpectralDensity(ctx context.Context, h Operator, o DensityOptions) (Density, error) {
	n := h.Dim()
	var errs []error
	if o.Steps < 1 || o.Steps > n {
		errs = append(errs, fmt.Errorf("curvature: DensityOptions.Steps = %d for an operator of dimension %d: "+
			"want 1 ≤ Steps ≤ %d", o.Steps, n, n))
	}
	if o.Vectors == nil && o.Probes < 1 {
		errs = append(errs, fmt.Errorf("curvature: DensityOptions.Probes = %d: want at least 1", o.Probes))
	}
	for i, v := range o.Vectors {
		if len(v) != n || math.Abs(norm(v)-1) > 1e-6 {
			errs = append(errs, fmt.Errorf("curvature: DensityOptions.Vectors[%d] has length %d and norm %v: "+
				"want %d and 1", i, len(v), norm(v), n))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Density{}, err
	}
	m, rng := unlimited(h), newRandom(o.Seed)
	d := Density{Dim: n}
	basis := newVectorSet(o.Steps+1, n)
	probes := o.Probes
	if o.Vectors != nil {
		probes = len(o.Vectors)
	}
	for i := range probes {
		if o.Vectors != nil {
			copy(basis.row(0), o.Vectors[i])
		} else {
			gaussian(rng, basis.row(0))
			floats.Scale(1/norm(basis.row(0)), basis.row(0))
		}
		nodes, weights, err := quadrature(ctx, m, basis, o.Steps)
		d.Products = m.products
		if err != nil {
			reason, err := stopped(err)
			d.Reason = reason
			return d, err
		}
		d.Nodes, d.Weights = append(d.Nodes, nodes), append(d.Weights, weights)
	}
	return d, nil
}

// quadrature runs Lanczos from the vector in row 0 of the basis and returns the Gauss quadrature of its measure.
func quadrature(ctx context.Context, m *meter, basis *vectorSet, steps int) (nodes, weights []float64, err error) {
	basis.count = 0
	tridiagonal := mat.NewSymDense(steps, nil)
	scale := 0.0
	for j := 0; ; j++ {
		next := basis.row(j + 1)
		if err := m.apply(ctx, next, basis.row(j)); err != nil {
			return nil, nil, err
		}
		scale = max(scale, norm(next))
		tridiagonal.SetSym(j, j, dot(next, basis.row(j)))
		basis.count++
		beta := basis.project(next, nil)
		// At an invariant subspace the quadrature is complete with the nodes it has.
		if j+1 == steps || beta <= 1e-14*scale*math.Sqrt(float64(j+1)) {
			values, vectors := eigenSym(tridiagonal.SliceSym(0, j+1))
			for i := range values {
				weights = append(weights, vectors.At(0, i)*vectors.At(0, i))
			}
			return values, weights, nil
		}
		tridiagonal.SetSym(j, j+1, beta)
		floats.Scale(1/beta, next)
	}
}

// Mean estimates (1/n) Σᵢ f(λᵢ), with one sample for each probe: for f(λ) = λ the trace over n, for λ² ‖H‖_F²/n.
func (d Density) Mean(f func(lambda float64) float64) Estimate {
	samples := make([]float64, len(d.Nodes))
	for p, nodes := range d.Nodes {
		for i, lambda := range nodes {
			samples[p] += d.Weights[p][i] * f(lambda)
		}
	}
	return estimateOf(samples, d.Products, d.Reason)
}

// Range returns the smallest and the largest Ritz value. They lie between λmin and λmax, and close to them when Steps
// is large. Both are NaN without a finished probe.
func (d Density) Range() (smallest, largest float64) {
	smallest, largest = math.NaN(), math.NaN()
	for p, nodes := range d.Nodes {
		if p == 0 {
			smallest, largest = nodes[0], nodes[len(nodes)-1]
		}
		smallest, largest = min(smallest, nodes[0]), max(largest, nodes[len(nodes)-1])
	}
	return smallest, largest
}

// At returns the density at each of the points, smoothed by a Gaussian of standard deviation width > 0:
//
//	φ(x) = mean over probes of Σᵢ wᵢ·N(x; θᵢ, width²)
//
// It integrates to 1. It fails when width is not a finite number > 0.
func (d Density) At(points []float64, width float64) ([]float64, error) {
	if !(width > 0) || math.IsInf(width, 0) {
		return nil, fmt.Errorf("curvature: Density.At got a width of %v: want a positive number", width)
	}
	out := make([]float64, len(points))
	for p, nodes := range d.Nodes {
		for i, theta := range nodes {
			peak := d.Weights[p][i] / (float64(len(d.Nodes)) * width * math.Sqrt(2*math.Pi))
			for k, x := range points {
				u := (x - theta) / width
				out[k] += peak * math.Exp(-u*u/2)
			}
		}
	}
	return out, nil
}
