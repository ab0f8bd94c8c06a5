package measure

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// denseParameters is the number of parameters up to which all eigenvalues may be asked for.
const denseParameters = 2000

// eigenpairs searches for the k largest eigenvalues of h.
func (w *measurer) eigenpairs(ctx context.Context, h curvature.Operator, k int) (curvature.Result, error) {
	most := h.Dim()
	if most > denseParameters { // a search that spans most of the space is a dense solution, in memory and in time
		most /= 2
	}
	if k > most {
		return curvature.Result{}, fmt.Errorf("top = %d of a matrix of %d parameters: want at most %d", k, h.Dim(), most)
	}
	o := curvature.DefaultLanczosOptions(k)
	o.Tolerance, o.MaxProducts, o.Seed = w.m.Tolerance, w.m.MaxProducts, w.m.Seed
	return curvature.Lanczos(ctx, h, o)
}

// topEigenpairs are those of the state, searched for once.
func (w *measurer) topEigenpairs(ctx context.Context) (curvature.Result, error) {
	if w.top != nil {
		return *w.top, nil
	}
	h, err := w.product()
	if err != nil {
		return curvature.Result{}, err
	}
	r, err := w.eigenpairs(ctx, h, w.m.Top)
	if err != nil {
		return r, err
	}
	if r.Pairs = settled(r.Pairs); len(r.Pairs) < w.m.Top {
		w.m.Warn(fmt.Sprintf("%s: %d of %d eigenvalues have converged in %d products (%s): allow more with "+
			"--max-products, or take a larger --tolerance or a smaller --top", w.state.Name, len(r.Pairs), w.m.Top, r.Products,
			r.Reason))
	}
	w.top = &r
	return r, w.checkDifference(ctx, r)
}

// settled are the leading pairs that have converged. Behind one that has not, which eigenvalue a pair belongs to is not
// known, and a vector that has not converged is no eigenvector.
func settled(pairs []curvature.Eigenpair) []curvature.Eigenpair {
	for i, p := range pairs {
		if !p.Converged {
			return pairs[:i]
		}
	}
	return pairs
}

// checkDifference warns of central differences that are too coarse.
func (w *measurer) checkDifference(ctx context.Context, r curvature.Result) error {
	if w.m.Method != "difference" || len(r.Pairs) == 0 {
		return nil
	}
	h, err := curvature.NewHessian(w.examples.Problem, curvature.CentralDifference)
	if err != nil {
		return err
	}
	e, err := h.DifferenceError(ctx, r.Vector())
	if err == nil && !(e <= 0.01) {
		w.m.Warn(fmt.Sprintf("%s: products by central differences are wrong by about %.0f %% along the top eigenvector: "+
			"compare with --method exact, or take more --examples", w.state.Name, 100*e))
	}
	return err
}

func (w *measurer) spectrum(ctx context.Context, out *runlog.Measurement) error {
	r, err := w.topEigenpairs(ctx)
	if err != nil {
		return err
	}
	out.Converged, out.Reason = r.Converged, string(r.Reason)
	out.Spectrum = &runlog.Spectrum{Values: []runlog.Number{}, Residuals: []runlog.Number{}}
	for _, pair := range r.Pairs {
		out.Spectrum.Values = append(out.Spectrum.Values, runlog.Num(pair.Value))
		out.Spectrum.Residuals = append(out.Spectrum.Residuals, runlog.Num(pair.RelativeResidual()))
	}
	return nil
}

func (w *measurer) angle(ctx context.Context, out *runlog.Measurement) error {
	r, err := w.topEigenpairs(ctx)
	if err != nil {
		return err
	}
	g := w.gradient
	if w.scales != nil { // the gradient in the coordinates in which the matrix is S·H·S
		g = floats.MulTo(make([]float64, len(g)), g, w.scales)
	}
	out.Angles, err = angles(g, r.Pairs)
	out.Converged, out.Reason = r.Converged, string(r.Reason)
	return err
}

func angles(g []float64, pairs []curvature.Eigenpair) (*runlog.Angles, error) {
	a, err := curvature.Align(g, pairs)
	if err != nil {
		return nil, err
	}
	out := &runlog.Angles{GradNorm: runlog.Num(floats.Norm(g, 2))}
	if len(pairs) > 0 {
		out.Span = runlog.Num(a.Span)
	}
	for i := range a.AbsCos {
		out.AbsCos = append(out.AbsCos, runlog.Num(a.AbsCos[i]))
		out.AngleDeg = append(out.AngleDeg, runlog.Num(a.AngleDeg[i]))
	}
	return out, nil
}

// estimate takes a number of the matrix by products with random vectors.
func (w *measurer) estimate(ctx context.Context, out *runlog.Measurement,
	by func(context.Context, curvature.Operator, int, int64) (curvature.Estimate, error), name string,
) (*runlog.Estimate, error) {
	h, err := w.product()
	if err != nil {
		return nil, err
	}
	e, err := by(ctx, h, w.m.Probes, w.m.Seed)
	if err != nil {
		return nil, err
	}
	out.Converged, out.Reason = true, string(e.Reason)
	return &runlog.Estimate{
		Value: runlog.Num(e.Value), StandardError: runlog.Num(e.StandardError), Samples: e.Samples, Estimator: name,
	}, nil
}

// densityPoints is the number of points at which a density is drawn.
const densityPoints = 400

// density takes one probe at a time, so that an interruption loses no more than that.
func (w *measurer) density(ctx context.Context, out, part *runlog.Measurement) error {
	h, err := w.product()
	if err != nil {
		return err
	}
	d := curvature.Density{Dim: h.Dim()}
	if part != nil && part.Density != nil {
		d.Nodes, d.Weights = part.Density.Nodes, part.Density.Weights
		w.tell(float64(len(d.Nodes) * w.m.DensitySteps))
	}
	o := curvature.DensityOptions{Steps: min(w.m.DensitySteps, h.Dim()), Probes: 1}
	for len(d.Nodes) < w.m.DensityProbes {
		o.Seed = recipe.DeriveSeed(w.m.Seed, fmt.Sprintf("density probe %d", len(d.Nodes)))
		one, err := curvature.SpectralDensity(ctx, h, o)
		if err != nil {
			if len(d.Nodes) > 0 {
				out.Density = &runlog.Density{Nodes: d.Nodes, Weights: d.Weights}
			}
			return err
		}
		d.Nodes, d.Weights = append(d.Nodes, one.Nodes...), append(d.Weights, one.Weights...)
	}
	out.Converged = true
	out.Density, err = drawn(d)
	return err
}

// drawn smoothes a density for drawing, with a width of 1 % of the spectrum's.
func drawn(d curvature.Density) (*runlog.Density, error) {
	lo, hi := d.Range()
	width := (hi - lo) / 100
	if !(width > 0) {
		width = max(1e-3*math.Abs(hi), 1e-12)
	}
	points := curvature.Grid(lo-4*width, hi+4*width, densityPoints)
	values, err := d.At(points, width)
	return &runlog.Density{Nodes: d.Nodes, Weights: d.Weights, Width: width, Points: points, Values: values}, err
}
