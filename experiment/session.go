package experiment

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/runlog"
)

// session is a run that is going on.
type session struct {
	*program
	recipe  Recipe
	dir     string
	options Options

	checkpoints *checkpoints
	metrics     *runlog.Metrics
	board       *board // nil without TensorBoard
	feed        *feed
	restored    bool      // it went on from a checkpoint
	measured    bool      // curvature along training is recorded for the step of that checkpoint
	warmStart   []float64 // of the next measurement along training; nil before the first

	tally    tally
	timed    map[string]bool // kinds of step whose first one, which is compiled in it, is behind
	started  time.Time
	saved    time.Time
	progress Progress
	clock    *clock
}

// errStopped ends the loop after a step when the context has been cancelled.
var errStopped = errors.New("stopped")

// diverged ends the loop when the loss is not finite.
type diverged struct {
	step int
	loss float64
}

func (d *diverged) Error() string { return fmt.Sprintf("the loss is %v at step %d", d.loss, d.step) }

// open puts the program into the state of the run's checkpoint, or of its start.
func (s *session) open(dir string) error {
	s.started, s.saved, s.timed = time.Now(), time.Now(), map[string]bool{}
	s.progress.Steps, s.progress.Epochs = s.steps, s.recipe.Epochs
	if err := s.begin(s.recipe.Seed); err != nil {
		return err
	}
	var warnings, torn []string
	var err error
	if s.checkpoints, warnings, err = openCheckpoints(runlog.Checkpoints(dir), s.store); err != nil {
		return err
	}
	if s.tally, err = s.checkpoints.tally(); err != nil {
		return err
	}
	done := s.done()
	s.restored = done > 0
	keep := func(r runlog.Record) bool { // the last measurement of λmax is made again
		kept := s.restored && r.Step <= int64(done) && (r.Kind != runlog.Curvature || r.Step < int64(s.steps))
		s.measured = s.measured || kept && r.Kind == runlog.Curvature && r.Step == int64(done)
		return kept
	}
	if s.metrics, torn, err = runlog.OpenMetrics(dir, keep); err != nil {
		return err
	}
	for _, w := range append(warnings, torn...) {
		s.options.warn(w)
	}
	if s.options.TensorBoard {
		if s.board, err = openBoard(dir, s.recipe, done, s.steps); err != nil {
			return err
		}
	}
	loader, err := s.loader(s.recipe.Seed)
	if err != nil {
		return err
	}
	s.feed = &feed{Dataset: loader.From(done)}
	return nil
}

// done is the number of finished steps.
func (s *session) done() int { return int(optimizer.GetGlobalStep(s.store)) }

// close ends the run; its program may serve another.
func (s *session) close() (err error) {
	if s.checkpoints != nil {
		err = s.checkpoints.close()
	}
	if s.metrics != nil {
		err = errors.Join(err, s.metrics.Close())
	}
	if s.board != nil {
		err = errors.Join(err, s.board.events.Close())
	}
	return err
}

// train runs the steps that are left. It ends early with errStopped when ctx is cancelled, after the step that is being
// made, and with *diverged.
func (s *session) train(ctx context.Context) error {
	if s.restored && !s.measured && s.alongIsDue(s.done()) { // the run was interrupted in it
		if err := s.measureAlong(ctx, s.done()); err != nil {
			return err
		}
	}
	if s.done() >= s.steps {
		return nil
	}
	data, turns, err := s.scheduled()
	if err != nil {
		return err
	}
	before := s.done()
	return s.turns(data, turns, func() error {
		seconds, done := time.Since(s.feed.handed).Seconds(), s.done()
		if done == before {
			return nil // a micro-batch, with more to come
		}
		before = done
		return s.afterStep(ctx, done, seconds)
	})
}

// scheduled returns the training data as the trainer takes it, and how many turns of the trainer the steps that are left are.
func (s *session) scheduled() (data train.Dataset, turns int, err error) {
	done := s.done()
	if n := s.recipe.microBatches(); n > 1 {
		for step := done; step < s.steps; step++ {
			turns += s.optimizer.Config().MicroSteps(int64(step), n)
		}
		data, err = s.optimizer.Accumulate(s.store, s.feed, n)
		return data, turns, err
	}
	data = s.feed
	if devices := s.options.devices(); devices > 0 {
		if data, err = datasets.NewSharded(s.feed, devices); err != nil {
			return nil, 0, err
		}
	} else {
		s.feed.Dataset = datasets.Ahead(datasets.OnDevice(s.engine.Backend, s.feed.Dataset))
	}
	return s.optimizer.Schedule(s.store, data), s.steps - done, nil
}

// afterStep takes in a finished step: the step-th, counted from 1.
func (s *session) afterStep(ctx context.Context, step int, seconds float64) error {
	probe, err := s.optimizer.Stats(s.store)
	if err != nil {
		return err
	}
	if math.IsNaN(probe.Loss) || math.IsInf(probe.Loss, 0) {
		return &diverged{step, probe.Loss}
	}
	if kind := kindOf(probe); !s.timed[kind] {
		s.timed[kind] = true
		seconds = math.NaN()
	}
	s.tally.add(probe, seconds)
	s.progress.Step, s.progress.Epoch = step, float64(step)/float64(s.perEpoch)
	s.progress.Loss, s.progress.Lambda, s.progress.AngleDeg = probe.Loss, probe.Lambda, probe.AngleDeg
	s.tell(Training)
	if step%s.perEpoch == 0 {
		if err := s.endEpoch(ctx, step); err != nil {
			return err
		}
	}
	if every := s.options.CheckpointEvery; every > 0 && time.Since(s.saved) >= every {
		if err := s.save(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil && step < s.steps {
		return errStopped
	}
	return nil
}

// endEpoch writes the records of an epoch, measures curvature, evaluates and keeps a snapshot when these are due: the snapshot
// last, for a run that goes on from its checkpoint makes nothing of an earlier step again.
func (s *session) endEpoch(ctx context.Context, step int) error {
	epoch := step / s.perEpoch
	if err := s.record(s.tally.record(int64(step), float64(epoch))); err != nil {
		return err
	}
	if s.alongIsDue(step) {
		if err := s.measureAlong(ctx, step); err != nil {
			return err
		}
	}
	if step == s.steps || s.isEvery(s.recipe.EvaluateEvery, step) {
		if err := s.evaluateAll(step); err != nil {
			return err
		}
	}
	if !s.isEvery(s.options.KeepEvery, step) {
		return nil
	}
	if err := s.save(); err != nil {
		return err
	}
	return keepSnapshot(runlog.Checkpoints(s.dir), runlog.Snapshot(s.dir, epoch))
}

// evaluateAll measures loss and accuracy of the training images and of the test images, or, in a trial, of the validation
// images in their place.
func (s *session) evaluateAll(step int) error {
	s.tell(Evaluating)
	var err error
	if s.tally.Train, err = s.evaluate(runlog.TrainSplit, s.data.Train, step); err != nil {
		return err
	}
	if s.recipe.ValidationSize > 0 {
		s.tally.Validation, err = s.evaluate(runlog.ValidationSplit, s.data.Validation, step)
		s.progress.TestAccuracy = s.tally.Validation.Accuracy.Float()
		return err
	}
	if s.tally.Test, err = s.evaluate(runlog.TestSplit, s.data.Test, step); err != nil {
		return err
	}
	s.progress.TestAccuracy = s.tally.Test.Accuracy.Float()
	return nil
}

// record writes a record.
func (s *session) record(r runlog.Record) error {
	err := s.metrics.Append(r)
	if err == nil && s.board != nil {
		err = s.board.add(r)
	}
	return err
}

func (s *session) evaluate(split string, set *datasets.Set, step int) (evaluation, error) {
	e, err := s.evaluator.evaluate(set)
	if err != nil {
		return e, err
	}
	return e, s.record(runlog.Record{
		Kind: runlog.Eval, Step: int64(step), Epoch: runlog.Num(float64(step) / float64(s.perEpoch)), Split: split,
		Loss: e.Loss, Accuracy: e.Accuracy, GradientEvaluations: runlog.Num(s.tally.Gradients),
	})
}

// save writes a checkpoint of the finished steps.
func (s *session) save() error {
	t := s.tally
	t.Wall = s.wall()
	s.saved = time.Now()
	return s.checkpoints.save(t)
}

// wall is the time of the run so far in seconds, with that before its interruptions.
func (s *session) wall() float64 { return s.tally.Wall + time.Since(s.started).Seconds() }

// tell reports progress.
func (s *session) tell(stage Stage) {
	if s.options.Progress == nil {
		return
	}
	s.progress.Stage = stage
	s.progress.Remaining = s.clock.remaining(float64(s.progress.Step) / float64(max(1, s.steps)))
	s.options.Progress(s.progress)
}

// feed notes when a batch was handed to the trainer, so that a step's time holds neither the making of the batch nor the
// bookkeeping after the step.
type feed struct {
	train.Dataset
	handed  time.Time
	handing func() // called at that moment; may be nil
}

// Iter implements train.Dataset.
func (f *feed) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range f.Dataset.Iter() {
			if f.handing != nil {
				f.handing()
			}
			f.handed = time.Now()
			if !yield(batch, err) {
				return
			}
		}
	}
}
