package experiment

import (
	"context"
	"math"
	"time"

	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/runlog"
)

// afterStep takes in a finished step: the step-th, counted from 1.
func (s *session) afterStep(ctx context.Context, step int, seconds float64) error {
	stats, err := s.Optimizer.Stats(s.Store)
	if err != nil {
		return err
	}
	what, err := s.nonfinite(stats)
	if err != nil {
		return err
	}
	if what != "" {
		if err := s.recover(step, what); err != nil {
			return err
		}
	}
	if kind := program.KindOf(stats); !s.timed[kind] {
		s.timed[kind] = true
		s.clock.compiled(time.Duration(seconds * float64(time.Second)))
		seconds, s.settled = math.NaN(), 0
	} else {
		s.settled++
	}
	s.sums.add(stats, seconds)
	s.progress.Step, s.progress.Epoch = step, float64(step)/float64(s.StepsPerEpoch)
	s.progress.Loss, s.progress.Lambda, s.progress.AngleDeg = stats.Loss, stats.Lambda, stats.AngleDeg
	s.tell(Training)
	if step%s.StepsPerEpoch == 0 {
		if err := s.endEpoch(ctx, step); err != nil {
			return err
		}
	}
	if what == "" {
		if err := s.keepGood(step); err != nil {
			return err
		}
	}
	if every := s.options.CheckpointEvery; every > 0 && time.Since(s.saved) >= every {
		if _, err := s.save(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil && step < s.Steps {
		return errStopped
	}
	return nil
}

// endEpoch writes the records of an epoch, evaluates, measures curvature and keeps a snapshot when these are due.
// Curvature comes after all other records of the step, where a run that was interrupted in it makes up for it; the
// snapshot last, for a run that goes on from its checkpoint makes nothing of an earlier step again.
func (s *session) endEpoch(ctx context.Context, step int) error {
	epoch := step / s.StepsPerEpoch
	if err := s.record(s.sums.record(int64(step), float64(epoch))); err != nil {
		return err
	}
	if step == s.Steps || s.isEvery(s.recipe.EvaluateEvery, step) {
		if err := s.evaluateAll(step); err != nil {
			return err
		}
	}
	if s.curvatureIsDue(step) {
		if err := s.measureCurvature(ctx, step); err != nil {
			return err
		}
	}
	if !s.isEvery(s.options.KeepEvery, step) {
		return nil
	}
	path, err := s.save()
	if err != nil || path == "" {
		return err
	}
	return checkpoint.KeepSnapshot(path, runlog.Snapshot(s.dir, epoch), s.checkpoints.saver.Run, int64(step))
}

// evaluateAll measures loss and accuracy of the training images and of the test images, or, in a trial, of the
// validation images in their place. Where the weights or the loss of the training images are not finite it undoes
// updates or ends the run: the last update may have led there, and no step comes after it.
func (s *session) evaluateAll(step int) error {
	s.tell(Evaluating)
	for {
		what, err := s.evaluateTrain()
		if err != nil {
			return err
		}
		if what == "" {
			break
		}
		if err := s.recover(step, what); err != nil {
			return err
		}
	}
	newest, split := &s.sums.Test, runlog.TestSplit
	if s.recipe.ValidationSize > 0 {
		newest, split = &s.sums.Validation, runlog.ValidationSplit
	}
	err := s.recordEvaluation(runlog.TrainSplit, s.sums.Train, step)
	if err != nil || !s.Has(split) {
		return err
	}
	if *newest, err = s.EvaluateSplit(split); err != nil {
		return err
	}
	s.progress.TestAccuracy = newest.Accuracy.Float()
	return s.recordEvaluation(split, *newest, step)
}

// evaluateTrain evaluates the training images, and says what is not finite.
func (s *session) evaluateTrain() (what string, err error) {
	finite, err := program.Finite(s.Store)
	if err != nil || !finite {
		return "the weights are not finite", err
	}
	if !s.Has(runlog.TrainSplit) {
		return "", nil
	}
	if s.sums.Train, err = s.EvaluateSplit(runlog.TrainSplit); err == nil && !s.sums.Train.Loss.Known() {
		what = "the loss of the training images is not finite"
	}
	return what, err
}

func (s *session) recordEvaluation(split string, e program.Evaluation, step int) error {
	if !s.Has(split) {
		return nil
	}
	return s.record(runlog.Record{
		Kind: runlog.Eval, Step: int64(step), Epoch: runlog.Num(float64(step) / float64(s.StepsPerEpoch)), Split: split,
		Loss: e.Loss, Accuracy: e.Accuracy, Metric: e.Metric,
		GradientEvaluations: runlog.Num(s.sums.Gradients),
	})
}

// isEvery tells whether a step ends an epoch whose number divides by every; 0 is never.
func (s *session) isEvery(every, step int) bool {
	return every > 0 && step > 0 && step%s.StepsPerEpoch == 0 && step/s.StepsPerEpoch%every == 0
}
