package experiment

import (
	"context"
	"math"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// sharpest is λmax of a fixed set of training examples, with how it was found.
type sharpest struct {
	lambda, residual float64 // residual is relative: ‖Hv − λv‖/|λ|
	angle, absCos    float64 // between v and the gradient of the same examples; degrees in [0, 90], as v has no orientation here
	stop             string  // what ended the iteration
	products         int
	examples         int
}

// sharpest iterates to the largest eigenvalue of the Hessian.
func (r *ruler) sharpest(ctx context.Context, options curvature.LanczosOptions, recipe Recipe) (sharpest, error) {
	options.Tolerance, options.MaxProducts = recipe.LambdaTolerance, recipe.LambdaProducts
	h, err := r.hessian()
	if err != nil {
		return sharpest{}, rulerError(ctx, err)
	}
	result, err := curvature.LambdaMax(ctx, h, options)
	if err != nil {
		return sharpest{}, rulerError(ctx, err)
	}
	gradient, _, err := r.gradient(ctx)
	if err != nil {
		return sharpest{}, rulerError(ctx, err)
	}
	m := sharpest{
		lambda: result.Value(), residual: result.RelativeResidual(), products: result.Products, examples: r.examples,
		stop: stopReason(result), absCos: absCos(gradient, result.Vector()),
	}
	m.angle = math.Acos(m.absCos) * 180 / math.Pi
	return m, nil
}

func stopReason(r curvature.Result) string {
	switch {
	case r.Converged:
		return runlog.StopResidual
	case r.Reason == curvature.ReasonProducts:
		return runlog.StopProducts
	default:
		return string(r.Reason)
	}
}

// absCos is |⟨g, v⟩|/(‖g‖‖v‖); NaN when one of them has no direction.
func absCos(g, v []float64) float64 {
	var dot, gg, vv float64
	for i := range v {
		dot += g[i] * v[i]
		gg += g[i] * g[i]
		vv += v[i] * v[i]
	}
	return min(1, math.Abs(dot)/math.Sqrt(gg*vv)) // min keeps NaN
}
