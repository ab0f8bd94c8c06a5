package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/train"

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

// ruler measures λmax of the mean loss of the first training examples, with the statistics of batches in batch norm, as in
// training. It leaves no trace in the store.
type ruler struct {
	problem  *curvature.Problem
	hessian  *curvature.Hessian
	batches  []train.Batch
	examples int
}

func newRuler(ctx context.Context, p *program) (r *ruler, err error) {
	set := p.data.Train
	if n := p.recipe.LambdaExamples; n > 0 && n < set.Len() {
		set = set.First(n)
	}
	r = &ruler{examples: set.Len()}
	defer func() {
		if err != nil {
			err = rulerError(ctx, errors.Join(err, r.close()))
			r = nil
		}
	}()
	if r.batches, err = curvature.Batches(datasets.NewEvaluation(set, min(p.recipe.LambdaBatch, set.Len()), p.dtype)); err != nil {
		return r, err
	}
	r.problem, err = curvature.NewProblem(ctx, p.engine.Backend, p.store, p.objective, r.batches, curvature.ProblemOptions{Norm: curvature.BatchStatistics})
	if err != nil {
		return r, err
	}
	r.hessian, err = curvature.NewHessian(r.problem, curvature.Exact)
	return r, err
}

// rulerError says what was being done, and is plainly ctx's error when ctx has ended.
func rulerError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("experiment: measuring λmax: %w", err)
}

// measure iterates to the largest eigenvalue of the Hessian.
func (r *ruler) measure(ctx context.Context, options curvature.LanczosOptions, recipe Recipe) (sharpest, error) {
	options.Tolerance, options.MaxProducts = recipe.LambdaTolerance, recipe.LambdaProducts
	result, err := curvature.LambdaMax(ctx, r.hessian, options)
	if err != nil {
		return sharpest{}, rulerError(ctx, err)
	}
	gradient := make([]float64, r.problem.Dim())
	if _, err := r.problem.Gradient(ctx, gradient, nil); err != nil {
		return sharpest{}, rulerError(ctx, err)
	}
	m := sharpest{
		lambda: result.Value(), residual: result.RelativeResidual(), products: result.Products, examples: r.examples,
		stop: stopReason(result), absCos: absCos(gradient, result.Vector()),
	}
	m.angle = math.Acos(m.absCos) * 180 / math.Pi
	return m, nil
}

// close frees what the garbage collector does not see.
func (r *ruler) close() (err error) {
	if r.problem != nil {
		r.problem.Close()
	}
	for _, b := range r.batches {
		err = errors.Join(err, b.Finalize())
	}
	return err
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
