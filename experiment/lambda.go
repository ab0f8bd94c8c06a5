package experiment

import (
	"context"
	"fmt"
	"math"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
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

// measureLambda iterates to the largest eigenvalue of the Hessian of the mean loss of the first training examples, with the
// statistics of batches in batch norm, as in training. It leaves no trace in the store.
func (s *session) measureLambda(ctx context.Context) (m sharpest, err error) {
	fail := func(err error) (sharpest, error) {
		if ctx.Err() != nil {
			return sharpest{}, ctx.Err()
		}
		return sharpest{}, fmt.Errorf("experiment: measuring λmax: %w", err)
	}
	set := s.data.Train
	if n := s.recipe.LambdaExamples; n > 0 && n < set.Len() {
		set = set.First(n)
	}
	batches, err := curvature.Batches(datasets.NewEvaluation(set, min(s.recipe.LambdaBatch, set.Len()), s.dtype))
	if err != nil {
		return fail(err)
	}
	defer func() {
		for _, b := range batches {
			if finalizeErr := b.Finalize(); err == nil && finalizeErr != nil {
				m, err = fail(finalizeErr)
			}
		}
	}()
	problem, err := curvature.NewProblem(ctx, s.engine.Backend, s.store, s.objective, batches,
		curvature.ProblemOptions{Norm: curvature.BatchStatistics})
	if err != nil {
		return fail(err)
	}
	defer problem.Close()
	hessian, err := curvature.NewHessian(problem, curvature.Exact)
	if err != nil {
		return fail(err)
	}
	options := curvature.LambdaMaxOptions()
	options.Tolerance, options.MaxProducts = s.recipe.LambdaTolerance, s.recipe.LambdaProducts
	result, err := curvature.LambdaMax(ctx, hessian, options)
	if err != nil {
		return fail(err)
	}
	gradient := make([]float64, problem.Dim())
	if _, err := problem.Gradient(ctx, gradient, nil); err != nil {
		return fail(err)
	}
	m = sharpest{
		lambda: result.Value(), residual: result.RelativeResidual(), products: result.Products, examples: set.Len(),
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
