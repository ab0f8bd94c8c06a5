package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// run trains, measures and writes the summary.
func (s *session) run(ctx context.Context) (runlog.Summary, error) {
	s.progress.Step = s.done()
	s.progress.TestAccuracy = s.sums.Test.Accuracy.Float()
	if s.progress.Validating {
		s.progress.TestAccuracy = s.sums.Validation.Accuracy.Float()
	}
	s.clock.skip(float64(s.progress.Step) / float64(s.Steps))
	begun := s.done()

	err := s.train(ctx)
	if err == nil && s.done() > begun {
		_, err = s.save()
	}
	summary, err := s.conclude(ctx, err)
	if errors.As(err, new(interrupted)) && s.done() > begun && s.done() < s.Steps {
		_, saveErr := s.save()
		err = errors.Join(err, saveErr)
	}
	return summary, err
}

// interrupted is the error of a run whose context has ended.
type interrupted struct{ error }

func (i interrupted) Unwrap() error { return i.error }

// conclude measures λmax where training has ended without an error, and writes the summary.
func (s *session) conclude(ctx context.Context, err error) (runlog.Summary, error) {
	var measured lambdaMax
	if err == nil && s.recipe.LambdaProducts > 0 {
		s.tell(Measuring)
		measured, err = s.measureLambda(ctx)
		switch {
		case err == nil:
			err = s.recordLambda(measured)
		case ctx.Err() == nil: // the run is what it is: its record says that this is missing
			measured.stop = fmt.Sprintf("%s: %v", runlog.StopNotMeasured, err)
			s.options.Warn(fmt.Sprintf("%s: λmax is %s", s.name(), measured.stop))
			err = nil
		}
	}
	var lost *diverged
	switch {
	case err == nil:
		summary := s.summary(measured)
		summary.Finished = true
		if err := s.judge(&summary); err != nil {
			return runlog.Summary{}, err
		}
		if err := s.warnOfBounds(summary.LambdaMax); err != nil {
			return runlog.Summary{}, err
		}
		s.progress.Lambda, s.progress.AngleDeg = summary.LambdaMax.Float(), summary.AngleDeg.Float()
		s.tell(Finished)
		return summary, s.writeSummary(summary)
	case errors.As(err, &lost):
		summary := s.summary(lambdaMax{})
		summary.Steps, summary.Diverged, summary.Stopped = int64(lost.step), true, lost.Error()
		return summary, errors.Join(fmt.Errorf("experiment: %s: %w: %w: %s", s.name(), ErrDiverged, lost,
			whatToTry(s.recipe)), s.writeSummary(summary))
	case ctx.Err() != nil && (errors.Is(err, errStopped) || errors.Is(err, ctx.Err())):
		summary := s.summary(lambdaMax{})
		summary.Stopped = fmt.Sprintf("interrupted after step %d of %d", s.done(), s.Steps)
		err := interrupted{fmt.Errorf("experiment: %s: %s: %w", s.name(), summary.Stopped, ctx.Err())}
		return summary, errors.Join(err, s.writeSummary(summary))
	default:
		return runlog.Summary{}, fmt.Errorf("experiment: %s: %w", s.name(), err)
	}
}

// judge says whether the run has learnt.
func (s *session) judge(summary *runlog.Summary) error {
	chance, examples := s.Chance()
	summary.ChanceLoss, summary.ChanceAccuracy = chance.Loss, chance.Accuracy
	record, err := runlog.ReadRun(s.dir)
	if err == nil {
		summary.Judge(record.Records, examples)
	}
	return err
}

// summary says what is known of the run.
func (s *session) summary(m lambdaMax) runlog.Summary {
	done := s.done()
	out := runlog.Summary{
		Method: s.recipe.Method, Seed: s.recipe.Seed, Data: s.recipe.Data, Model: s.recipe.Model,
		Backend: s.Engine.Name, BackendFallback: s.Engine.Fallback, Parameters: s.Parameters(),
		Epochs: runlog.Num(float64(done) / float64(s.StepsPerEpoch)), Steps: int64(done),
		TrainLoss: s.sums.Train.Loss, TrainAccuracy: s.sums.Train.Accuracy,
		TestLoss: s.sums.Test.Loss, TestAccuracy: s.sums.Test.Accuracy,
		ValidationLoss: s.sums.Validation.Loss, ValidationAccuracy: s.sums.Validation.Accuracy,
		StepSecondsMedian: runlog.Num(s.sums.All.Median()), WallSeconds: runlog.Num(s.wall()), Version: recipe.CodeVersion(),
		GradientEvaluationsPerStep: runlog.Num(s.sums.Gradients / float64(done)),

		LambdaMax: m.value, LambdaResidual: m.residual, AngleDeg: m.angle, AbsCos: m.absCos,
		UndoneUpdates: s.sums.Undone,

		LambdaStop: m.stop, LambdaProducts: m.products, LambdaExamples: m.examples,
	}
	if study := s.recipe.Study; study != nil && (s.sums.Test.Metric.Known() || s.sums.Train.Metric.Known()) {
		out.Metric, out.MetricBetter = study.Metric, study.Better
		out.TrainMetric, out.TestMetric = s.sums.Train.Metric, s.sums.Test.Metric
	}
	if s.sums.Curvature > 0 {
		out.CurvatureSeconds = runlog.Num(s.sums.Curvature)
		out.CurvatureShare = runlog.Num(s.sums.Curvature / out.WallSeconds.Float())
	}
	return out
}
