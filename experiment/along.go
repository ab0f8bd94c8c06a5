package experiment

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// What a measurement along training takes: the top eigenvalues, and the products for the trace.
const (
	alongTop    = 5
	alongProbes = 15
)

// alongIsDue tells whether a measurement is asked for after a step: a whole one by the options, or, save at the end, where it
// is measured anyway, one of λmax alone by the recipe.
func (s *session) alongIsDue(step int) bool {
	return s.isEvery(s.options.CurvatureEvery, step) || s.isEvery(s.recipe.LambdaEvery, step) && step < s.steps
}

// isEvery tells whether a step ends an epoch whose number divides by every; 0 is never.
func (s *session) isEvery(every, step int) bool {
	return every > 0 && step > 0 && step%s.perEpoch == 0 && step/s.perEpoch%every == 0
}

// measureAlong measures λmax, λ5, the trace and the angle, or λmax and the angle alone, of the recipe's fixed set of examples after a step, and records
// them. It starts from the eigenvectors of the last time, of which most is left from epoch to epoch. The weights and all
// other state of training stay as they are. When ctx ends nothing is recorded: a resumed run makes up for it. What
// cannot be measured, a loss that is not finite for one, is warned of and does not end the run.
func (s *session) measureAlong(ctx context.Context, step int) error {
	s.tell(Measuring)
	started := time.Now()
	record, err := s.along(ctx, step)
	seconds := time.Since(started).Seconds()
	s.tally.Curvature += seconds
	if ctx.Err() != nil {
		return nil // the loop sees it
	}
	if err != nil {
		s.options.warn(fmt.Sprintf("%s: curvature after step %d is not measured: %v", filepath.Base(s.dir), step, err))
		return nil
	}
	record.Seconds = runlog.Num(seconds)
	return s.record(record)
}

// along is the record of a measurement, without its time.
func (s *session) along(ctx context.Context, step int) (runlog.Record, error) {
	r, err := s.probe(ctx)
	if err != nil {
		return runlog.Record{}, err
	}
	gradient, loss, err := r.gradient(ctx)
	if err != nil {
		return runlog.Record{}, err
	}
	if size := floats.Norm(gradient, 2); math.IsNaN(loss+size) || math.IsInf(loss+size, 0) {
		return runlog.Record{}, fmt.Errorf("the loss is %v, the norm of its gradient %v", loss, size)
	}
	h, err := r.hessian()
	if err != nil {
		return runlog.Record{}, err
	}
	tolerance, products := s.recipe.LambdaTolerance, s.recipe.LambdaProducts
	if products == 0 { // the recipe measures nothing at the end
		usual := Defaults(s.recipe.Data)
		tolerance, products = usual.LambdaTolerance, usual.LambdaProducts
	}
	whole, k := s.isEvery(s.options.CurvatureEvery, step), 1
	if whole {
		k = alongTop
	}
	top, err := eigenpairs(ctx, h, k, tolerance, products, s.warmStart, 0)
	if err != nil {
		return runlog.Record{}, err
	}
	trace := curvature.Estimate{Value: math.NaN(), StandardError: math.NaN()}
	if whole {
		if trace, err = curvature.HutchPP(ctx, h, alongProbes, 0); err != nil {
			return runlog.Record{}, err
		}
	}
	s.warmStart = sum(top.Pairs)
	record := alongRecord(top, trace, gradient)
	record.Step, record.Epoch, record.Loss = int64(step), runlog.Num(float64(step)/float64(s.perEpoch)), runlog.Num(loss)
	return record, nil
}

// alongRecord holds what was measured, without the time.
func alongRecord(top curvature.Result, trace curvature.Estimate, gradient []float64) runlog.Record {
	out := runlog.Record{
		Kind: runlog.Curvature, Split: runlog.TrainSplit,
		LambdaMax: runlog.Num(top.Value()), LambdaResidual: runlog.Num(top.RelativeResidual()), LambdaStop: stopReason(top),
		Trace: runlog.Num(trace.Value), TraceError: runlog.Num(trace.StandardError), GradNorm: runlog.Num(floats.Norm(gradient, 2)),
		Products: top.Products + trace.Products,
	}
	if len(top.Pairs) == alongTop {
		fifth := top.Pairs[alongTop-1]
		out.Lambda5, out.Lambda5Residual = runlog.Num(fifth.Value), runlog.Num(fifth.RelativeResidual())
	}
	if a, err := angles(gradient, top.Pairs); err == nil && len(a.AbsCos) > 0 {
		out.AbsCos, out.AngleDeg = a.AbsCos[0], a.AngleDeg[0]
	}
	return out
}

// sum is a vector with an equal part in each of the eigenvectors: a Lanczos process that starts there finds them all.
func sum(pairs []curvature.Eigenpair) []float64 {
	if len(pairs) == 0 {
		return nil
	}
	v := make([]float64, len(pairs[0].Vector))
	for _, p := range pairs {
		floats.Add(v, p.Vector)
	}
	return v
}
