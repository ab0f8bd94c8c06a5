package experiment

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// What a measurement along training takes: the top eigenvalues, and the products for the trace.
const (
	trackedEigenvalues = 5
	traceProducts      = 15
)

// curvatureIsDue tells whether a measurement is asked for after a step: a whole one by the options, or, save at the
// end, where it is measured anyway, one of λmax alone by the recipe.
func (s *session) curvatureIsDue(step int) bool {
	return s.isEvery(s.options.CurvatureEvery, step) || s.isEvery(s.recipe.LambdaEvery, step) && step < s.Steps
}

// measureCurvature measures λmax, λ5, the trace and the angle, or λmax and the angle alone, of the recipe's fixed set
// of examples after a step, and records them. It begins anew each time: eigenvectors of the last time would save a
// tenth of the products, and give a resumed run other digits. The weights and all other state of training stay as they
// are. When ctx ends nothing is recorded: a resumed run makes up for it. What cannot be measured, as a loss that is not
// finite, is warned of and ends nothing.
func (s *session) measureCurvature(ctx context.Context, step int) error {
	s.tell(Measuring)
	started := time.Now()
	record, err := s.curvatureRecord(ctx, step)
	seconds := time.Since(started).Seconds()
	s.sums.Curvature += seconds
	if ctx.Err() != nil {
		return nil // the loop sees it
	}
	if err != nil {
		s.options.Warn(fmt.Sprintf("%s: curvature after step %d is not measured: %v", filepath.Base(s.dir), step, err))
		return nil
	}
	record.Seconds = runlog.Num(seconds)
	return s.record(record)
}

// curvatureRecord is the record of a measurement, without its time.
func (s *session) curvatureRecord(ctx context.Context, step int) (runlog.Record, error) {
	examples, err := s.LambdaExamples(ctx)
	if err != nil {
		return runlog.Record{}, err
	}
	gradient, loss, err := examples.Gradient(ctx)
	if err != nil {
		return runlog.Record{}, err
	}
	if size := floats.Norm(gradient, 2); math.IsNaN(loss+size) || math.IsInf(loss+size, 0) {
		return runlog.Record{}, fmt.Errorf("the loss is %v, the norm of its gradient %v", loss, size)
	}
	h, err := examples.Hessian()
	if err != nil {
		return runlog.Record{}, err
	}
	tolerance, products := s.recipe.LambdaTolerance, s.recipe.LambdaProducts
	if products == 0 { // the recipe measures nothing at the end
		usual := recipe.Defaults(s.recipe.Data)
		tolerance, products = usual.LambdaTolerance, usual.LambdaProducts
	}
	whole, k := s.isEvery(s.options.CurvatureEvery, step), 1
	if whole {
		k = trackedEigenvalues
	}
	o := curvature.DefaultLanczosOptions(min(k, h.Dim()))
	o.Tolerance, o.MaxProducts, o.Seed = tolerance, products, 0
	top, err := curvature.Lanczos(ctx, h, o)
	if err != nil {
		return runlog.Record{}, err
	}
	trace := curvature.Estimate{Value: math.NaN(), StandardError: math.NaN()}
	if whole {
		if trace, err = curvature.HutchPP(ctx, h, traceProducts, 0); err != nil {
			return runlog.Record{}, err
		}
	}
	out := runlog.Record{
		Kind: runlog.Curvature, Split: runlog.TrainSplit,
		Step: int64(step), Epoch: runlog.Num(float64(step) / float64(s.StepsPerEpoch)), Loss: runlog.Num(loss),
		LambdaMax: runlog.Num(top.Value()), LambdaResidual: runlog.Num(top.RelativeResidual()), LambdaStop: stopReason(top),
		Trace: runlog.Num(trace.Value), TraceError: runlog.Num(trace.StandardError),
		GradNorm: runlog.Num(floats.Norm(gradient, 2)),
		Products: top.Products + trace.Products,
	}
	if len(top.Pairs) == trackedEigenvalues {
		fifth := top.Pairs[trackedEigenvalues-1]
		out.Lambda5, out.Lambda5Residual = runlog.Num(fifth.Value), runlog.Num(fifth.RelativeResidual())
	}
	if a, err := curvature.Align(gradient, top.Pairs); err == nil && len(a.AbsCos) > 0 {
		out.AbsCos, out.AngleDeg = runlog.Num(a.AbsCos[0]), runlog.Num(a.AngleDeg[0])
	}
	return out, nil
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

// lambdaMax is λmax of the recipe's fixed set of training examples, with how it was found.
type lambdaMax struct {
	value, residual runlog.Number // residual is relative: ‖Hv − λv‖/|λ|
	angle, absCos   runlog.Number // of v, which has no orientation here, with the gradient; degrees in [0, 90]
	stop            string        // what ended the iteration
	products        int
	examples        int
}

// measureLambda iterates to the largest eigenvalue of the Hessian, with the weights that the store holds.
func (s *session) measureLambda(ctx context.Context) (m lambdaMax, err error) {
	examples, err := s.LambdaExamples(ctx)
	if err != nil {
		return m, err
	}
	defer func() {
		if err != nil {
			m, err = lambdaMax{}, program.MeasuringError(ctx, err)
		}
	}()
	h, err := examples.Hessian()
	if err != nil {
		return m, err
	}
	options := curvature.LambdaMaxOptions()
	options.Tolerance, options.MaxProducts = s.recipe.LambdaTolerance, s.recipe.LambdaProducts
	result, err := curvature.LambdaMax(ctx, h, options)
	if err != nil {
		return m, err
	}
	gradient, _, err := examples.Gradient(ctx)
	if err != nil {
		return m, err
	}
	c := absCos(gradient, result.Vector())
	return lambdaMax{
		value: runlog.Num(result.Value()), residual: runlog.Num(result.RelativeResidual()),
		angle: runlog.Num(math.Acos(c) * 180 / math.Pi), absCos: runlog.Num(c),
		stop: stopReason(result), products: result.Products, examples: examples.Count,
	}, nil
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

// recordLambda writes the curvature record of the end.
func (s *session) recordLambda(m lambdaMax) error {
	return s.record(runlog.Record{
		Kind: runlog.Curvature, Step: int64(s.Steps), Epoch: runlog.Num(float64(s.Steps) / float64(s.StepsPerEpoch)),
		Split: runlog.TrainSplit, LambdaMax: m.value, LambdaResidual: m.residual, AngleDeg: m.angle, AbsCos: m.absCos,
	})
}
