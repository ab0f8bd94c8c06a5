package experiment

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/runlog"
)

// session is a run that is going on.
type session struct {
	recipe   Recipe
	options  Options
	engine   *backend.Engine
	data     *datasets.Split
	dtype    dtypes.DType
	perEpoch int // steps of an epoch
	steps    int // of the run

	store       *model.Store
	objective   *objective.Objective
	optimizer   *xsam.Optimizer
	trainer     *train.Trainer
	evaluator   *evaluator
	checkpoints *checkpoints
	metrics     *runlog.Metrics
	feed        *feed

	tally    tally
	compiled map[string]bool // kinds of step that have run in this process
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

// open builds everything that a run needs and restores its checkpoint, if it has one.
func (s *session) open(dir string) error {
	s.started, s.saved, s.compiled = time.Now(), time.Now(), map[string]bool{}
	var err error
	if s.dtype, err = s.recipe.dtype(); err != nil {
		return err
	}
	set := s.data.Train
	loader, err := datasets.NewLoader(set, datasets.LoaderConfig{
		BatchSize: s.recipe.Batch, Seed: derive(s.recipe.Seed, "batches"), Augment: s.recipe.Augment, DType: s.dtype,
	})
	if err != nil {
		return err
	}
	s.perEpoch = loader.StepsPerEpoch()
	s.steps = s.perEpoch * s.recipe.Epochs
	s.progress.Steps, s.progress.Epochs = s.steps, s.recipe.Epochs

	net, err := models.New(models.Config{
		Name: s.recipe.Model, Height: set.Height, Width: set.Width, Channels: set.Channels, Classes: set.Classes,
		Seed: derive(s.recipe.Seed, "weights"), DType: s.dtype,
	})
	if err != nil {
		return err
	}
	s.objective = objective.New(net.Graph, loss.SparseCategoricalCrossEntropyLogits)
	s.store = model.NewStore()

	// The checkpoint comes before the trainer, which deletes variables that must not be restored.
	var warnings []string
	if s.checkpoints, warnings, err = openCheckpoints(runlog.Checkpoints(dir), s.store); err != nil {
		return err
	}
	if s.tally, err = s.checkpoints.tally(); err != nil {
		return err
	}
	done := s.done()
	s.feed = &feed{Dataset: loader.From(done)}
	var torn []string
	keep := int64(done)
	if done == 0 {
		keep = -1 // nothing is restored, so nothing of an earlier attempt holds
	}
	if s.metrics, torn, err = runlog.OpenMetrics(dir, keep); err != nil {
		return err
	}
	for _, w := range append(warnings, torn...) {
		s.options.warn(w)
	}

	config, err := s.recipe.Sharpness.config(s.recipe.Seed)
	if err != nil {
		return err
	}
	base, err := s.recipe.Base.optimizer(s.steps)
	if err != nil {
		return err
	}
	if s.optimizer, err = xsam.New(s.objective, base, config); err != nil {
		return err
	}
	s.trainer = train.NewTrainer(s.engine.Backend, s.store, s.objective.ModelFn, s.objective.LossFn, s.optimizer, nil, nil)
	s.evaluator, err = newEvaluator(s.engine.Backend, s.store, s.objective, s.dtype)
	return err
}

// done is the number of finished steps.
func (s *session) done() int { return int(optimizer.GetGlobalStep(s.store)) }

// close frees the memory of the run, which Go's garbage collector does not see.
func (s *session) close() error {
	if s.trainer != nil {
		s.trainer.ResetComputationGraphs()
	}
	if s.evaluator != nil {
		s.evaluator.close()
	}
	if s.checkpoints != nil {
		s.checkpoints.close()
	}
	if s.store != nil {
		s.store.Finalize()
	}
	if s.metrics != nil {
		return s.metrics.Close()
	}
	return nil
}

// train runs the steps that are left. It ends early with errStopped when ctx is cancelled, after the step that is being
// made, and with *diverged.
func (s *session) train(ctx context.Context) error {
	left := s.steps - s.done()
	if left <= 0 {
		return nil
	}
	loop := train.NewLoop(s.trainer)
	loop.OnStep("record", 0, func(loop *train.Loop, metrics []*tensors.Tensor) error {
		seconds := time.Since(s.feed.handed).Seconds()
		return s.afterStep(ctx, loop.LoopStep+1, shapes.ConvertTo[float64](metrics[0].Value()), seconds)
	})
	last, err := loop.RunSteps(s.optimizer.Schedule(s.store, s.feed), left)
	for _, t := range last {
		if finalizeErr := t.FinalizeAll(); err == nil {
			err = finalizeErr
		}
	}
	return err
}

// afterStep takes in a finished step: the step-th, counted from 1.
func (s *session) afterStep(ctx context.Context, step int, loss, seconds float64) error {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return &diverged{step, loss}
	}
	probe, err := s.optimizer.Probe(s.store)
	if err != nil {
		return err
	}
	if kind := kindOf(probe); !s.compiled[kind] {
		s.compiled[kind] = true
		seconds = math.NaN() // it was compiled in this step
	}
	s.tally.add(probe, loss, seconds)
	s.progress.Step, s.progress.Epoch = step, float64(step)/float64(s.perEpoch)
	s.progress.Loss, s.progress.Lambda, s.progress.AngleDeg = loss, probe.Lambda, probe.AngleDeg
	s.tell(Training)
	if step%s.perEpoch == 0 {
		if err := s.endEpoch(step); err != nil {
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

// endEpoch writes the records of an epoch and evaluates when it is due.
func (s *session) endEpoch(step int) error {
	epoch := step / s.perEpoch
	if err := s.metrics.Append(s.tally.record(int64(step), float64(epoch))); err != nil {
		return err
	}
	due := s.recipe.EvaluateEvery > 0 && epoch%s.recipe.EvaluateEvery == 0
	if !due && step < s.steps {
		return nil
	}
	s.tell(Evaluating)
	var err error
	if s.tally.Train, err = s.evaluate(runlog.TrainSplit, s.data.Train, step); err != nil {
		return err
	}
	if s.tally.Test, err = s.evaluate(runlog.TestSplit, s.data.Test, step); err != nil {
		return err
	}
	s.progress.TestAccuracy = s.tally.Test.Accuracy.Float()
	return nil
}

func (s *session) evaluate(split string, set *datasets.Set, step int) (evaluation, error) {
	e, err := s.evaluator.evaluate(set)
	if err != nil {
		return e, err
	}
	return e, s.metrics.Append(runlog.Record{
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
	handed time.Time
}

// Iter implements train.Dataset.
func (f *feed) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range f.Dataset.Iter() {
			f.handed = time.Now()
			if !yield(batch, err) {
				return
			}
		}
	}
}
