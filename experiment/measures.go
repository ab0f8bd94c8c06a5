package experiment

import (
	"context"
	"fmt"
	"math"
	"path"
	"strings"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// eigenpairs searches for the k largest eigenvalues, from a start vector or, when that is nil, from a random one.
func eigenpairs(ctx context.Context, h curvature.Operator, k int, tolerance float64, maxProducts int, start []float64, seed int64) (curvature.Result, error) {
	o := curvature.DefaultLanczosOptions(min(k, h.Dim()))
	o.Tolerance, o.MaxProducts, o.Start, o.Seed = tolerance, maxProducts, start, seed
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
	r, err := eigenpairs(ctx, h, w.m.Top, w.m.Tolerance, w.m.MaxProducts, nil, w.m.Seed)
	if err != nil {
		return r, err
	}
	w.top = &r
	return r, w.checkDifference(ctx, r)
}

// checkDifference warns of central differences that are too coarse.
func (w *measurer) checkDifference(ctx context.Context, r curvature.Result) error {
	if w.m.Method != "difference" || len(r.Pairs) == 0 {
		return nil
	}
	h, err := curvature.NewHessian(w.ruler.problem, curvature.CentralDifference)
	if err != nil {
		return err
	}
	e, err := h.DifferenceError(ctx, r.Vector())
	if err == nil && !(e <= 0.01) {
		w.warn(fmt.Sprintf("%s: products by central differences are wrong by about %.0f %% along the top eigenvector: "+
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
	out.Spectrum = &runlog.Spectrum{}
	for _, pair := range r.Pairs {
		out.Spectrum.Values = append(out.Spectrum.Values, runlog.Num(pair.Value))
		out.Spectrum.Residuals = append(out.Spectrum.Residuals, runlog.Num(pair.RelativeResidual()))
	}
	return nil
}

func (w *measurer) trace(ctx context.Context, out *runlog.Measurement) error {
	h, err := w.product()
	if err != nil {
		return err
	}
	e, err := curvature.HutchPP(ctx, h, w.m.Probes, w.m.Seed)
	if err != nil {
		return err
	}
	out.Converged, out.Reason = true, string(e.Reason)
	out.Trace = estimate(e, "hutch++")
	return nil
}

func (w *measurer) frobenius(ctx context.Context, out *runlog.Measurement) error {
	h, err := w.product()
	if err != nil {
		return err
	}
	e, err := curvature.FrobeniusNorm(ctx, h, w.m.Probes, w.m.Seed)
	if err != nil {
		return err
	}
	out.Converged, out.Reason = true, string(e.Reason)
	out.Frobenius = estimate(e, "hutchinson")
	return nil
}

func estimate(e curvature.Estimate, estimator string) *runlog.Estimate {
	return &runlog.Estimate{Value: runlog.Num(e.Value), StandardError: runlog.Num(e.StandardError), Samples: e.Samples, Estimator: estimator}
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
		o.Seed = derive(w.m.Seed, fmt.Sprintf("density probe %d", len(d.Nodes)))
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
	out := &runlog.Angles{GradNorm: runlog.Num(floats.Norm(g, 2)), Span: runlog.Num(a.Span)}
	for i := range a.AbsCos {
		out.AbsCos = append(out.AbsCos, runlog.Num(a.AbsCos[i]))
		out.AngleDeg = append(out.AngleDeg, runlog.Num(a.AngleDeg[i]))
	}
	return out, nil
}

// ascents is the number of steps of the longer search for the worst loss in SAM's ball.
const ascents = 5

// sharpness looks for the worst loss in the balls of SAM (one step, and several), of ASAM, and of SAM batch by batch.
func (w *measurer) sharpness(ctx context.Context, out *runlog.Measurement) error {
	for _, ball := range []struct {
		name string
		o    curvature.AscentOptions
	}{
		{"sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: 1}},
		{"sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: ascents}},
		{"asam", curvature.AscentOptions{Rho: w.m.AdaptiveRho, Steps: 1, Adaptive: true, Eta: 0.01}},
		{"m-sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: 1}},
	} {
		rise := 0.0
		if ball.name == "m-sam" {
			var err error
			if rise, _, err = w.ruler.problem.MSharpness(ctx, ball.o); err != nil {
				return err
			}
		} else {
			a, err := w.ruler.problem.BallSharpness(ctx, ball.o)
			if err != nil {
				return err
			}
			rise = a.Rise()
		}
		out.Sharpness = append(out.Sharpness, runlog.BallSharpness{Ball: ball.name, Rho: ball.o.Rho, Steps: ball.o.Steps, Rise: runlog.Num(rise)})
		w.tell(2)
	}
	out.Converged = true
	return nil
}

// layers finds λmax of the block of the matrix that belongs to each layer.
func (w *measurer) layers(ctx context.Context, out *runlog.Measurement) error {
	h, err := w.product()
	if err != nil {
		return err
	}
	names, parts := byLayer(w.ruler.problem.Parameters())
	out.Converged = true
	for _, name := range names {
		b := block(h, parts[name])
		r, err := eigenpairs(ctx, b, 1, w.m.Tolerance, w.m.MaxProducts, nil, w.m.Seed)
		if err != nil {
			return err
		}
		out.Converged = out.Converged && r.Converged
		if !r.Converged {
			out.Reason = string(r.Reason)
		}
		out.Layers = append(out.Layers, runlog.LayerBlock{
			Layer: name, Parameters: b.Dim(), LambdaMax: runlog.Num(r.Value()), Residual: runlog.Num(r.RelativeResidual()), Converged: r.Converged,
		})
	}
	return nil
}

// byLayer groups parameters by the scope that they are in, which is that of their layer, in their order.
func byLayer(parameters []curvature.Parameter) (names []string, parts map[string][]curvature.Parameter) {
	parts = map[string][]curvature.Parameter{}
	for _, q := range parameters {
		name := strings.TrimPrefix(path.Dir(q.Path), "/")
		if parts[name] == nil {
			names = append(names, name)
		}
		parts[name] = append(parts[name], q)
	}
	return names, parts
}

// block is the diagonal block of h that belongs to some of the parameters. A product costs one with the whole of h.
func block(h curvature.Operator, parts []curvature.Parameter) curvature.Operator {
	size := 0
	for _, q := range parts {
		size += q.Size
	}
	whole, image := make([]float64, h.Dim()), make([]float64, h.Dim())
	return curvature.OperatorFunc(size, func(ctx context.Context, dst, src []float64) error {
		at := 0
		for _, q := range parts {
			at += copy(whole[q.Offset:q.Offset+q.Size], src[at:])
		}
		if err := h.Apply(ctx, image, whole); err != nil {
			return err
		}
		at = 0
		for _, q := range parts {
			at += copy(dst[at:], image[q.Offset:q.Offset+q.Size])
		}
		return nil
	})
}
