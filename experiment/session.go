package experiment

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// session is a run that is going on.
type session struct {
	*program.Program
	recipe  recipe.Recipe
	dir     string
	options Options

	claims      []*runlog.Claim // on dir
	checkpoints *checkpoints
	metrics     *runlog.Metrics
	tensorBoard *tensorBoard // nil without
	feed        *program.TimedFeed
	restored    bool // it went on from a checkpoint
	measured    bool // curvature along training is recorded for the step of that checkpoint

	sums    sums
	timed   map[string]bool // kinds of step whose first one, which is compiled in it, is behind
	settled int             // steps since the last such one
	started time.Time
	saved   time.Time
	// The newest checkpoint that was saved, and its step.
	savedPath string
	savedStep int
	good      checkpoint.State // to which updates are undone one by one; nil before the first
	progress  Progress
	clock     *clock
}

// errStopped ends the loop after a step when the context has been cancelled.
var errStopped = errors.New("stopped")

// open puts the program into the state of the run's checkpoint, or of its start.
func (s *session) open() error {
	if err := s.Begin(s.recipe.Seed); err != nil {
		return err
	}
	record, err := runlog.ReadRun(s.dir)
	if err != nil {
		return err
	}
	run, err := recipe.IdentityOf(record.Raw)
	if err != nil {
		return err
	}
	var warnings []string
	if s.checkpoints, warnings, err = openCheckpoints(s.dir, run, s.Store); err != nil {
		return err
	}
	if s.options.OnNonfinite == Rollback {
		s.checkpoints.saver.Spare = s.endsEpoch
	}
	if s.sums, err = s.checkpoints.sums(); err != nil {
		return err
	}
	done := s.done()
	s.restored = done > 0
	if err := s.checkRecords(record); err != nil {
		return err
	}
	if w := s.Warning(); w != "" {
		warnings = append(warnings, w)
	}
	for _, w := range warnings {
		s.options.Warn(w)
	}
	if err := s.openRecords(done); err != nil {
		return err
	}
	if err := s.keepRestored(done); err != nil {
		return err
	}
	if s.options.OnNonfinite == Skip && s.restored {
		if err := s.copyState(s.checkpoints.loaded); err != nil {
			return err
		}
	}
	data, err := s.Feed(s.recipe.Seed, done)
	s.feed = &program.TimedFeed{Dataset: data}
	return err
}

// keepRestored keeps the checkpoint from which the run goes on as a snapshot, where that is due: the process that saved
// it may have been killed before it did so.
func (s *session) keepRestored(done int) error {
	c := s.checkpoints.loaded
	if c == nil || c.Unsigned || !s.isEvery(s.options.KeepEvery, done) {
		return nil
	}
	folder := runlog.Snapshot(s.dir, done/s.StepsPerEpoch)
	return checkpoint.KeepSnapshot(c.Path, folder, s.checkpoints.saver.Run, int64(done))
}

// openRecords opens the records of a run that goes on from a step, or begins, and warns of what is left out. λmax at
// the end, whose record has no loss, unlike those along training, is measured again.
func (s *session) openRecords(done int) error {
	keep := func(r runlog.Record) bool {
		atEnd := r.Kind == runlog.Curvature && r.Step >= int64(s.Steps) && !r.Loss.Known()
		kept := s.restored && r.Step <= int64(done) && !atEnd
		s.measured = s.measured || kept && r.Kind == runlog.Curvature && r.Step == int64(done)
		return kept
	}
	var torn []string
	var err error
	if s.metrics, torn, err = runlog.OpenMetrics(s.dir, keep); err != nil {
		return err
	}
	for _, w := range torn {
		s.options.Warn(w)
	}
	if s.options.TensorBoard {
		s.tensorBoard, err = openTensorBoard(s.dir, s.recipe, done, s.Steps)
	}
	return err
}

// done is the number of finished steps.
func (s *session) done() int { return int(optimizer.GetGlobalStep(s.Store)) }

// close ends the run; its program may serve another.
func (s *session) close() (err error) {
	if s.checkpoints != nil {
		err = s.checkpoints.close()
	}
	if s.metrics != nil {
		err = errors.Join(err, s.metrics.Close())
	}
	if s.tensorBoard != nil {
		err = errors.Join(err, s.tensorBoard.events.Close())
	}
	err = errors.Join(err, s.good.Free())
	for _, c := range slices.Backward(s.claims) { // the directory goes with the first, if it is still empty
		err = errors.Join(err, c.Release())
	}
	return err
}

// train runs the steps that are left. It ends early with errStopped when ctx is cancelled, after the step that is being
// made, and with *diverged.
func (s *session) train(ctx context.Context) error {
	if s.restored && !s.measured && s.curvatureIsDue(s.done()) { // the run was interrupted in it
		if err := s.measureCurvature(ctx, s.done()); err != nil {
			return err
		}
	}
	if s.done() >= s.Steps {
		return nil
	}
	data, batches, err := s.scheduled()
	if err != nil {
		return err
	}
	before := s.done()
	return s.TrainBatches(data, batches, func() error {
		seconds, done := time.Since(s.feed.Handed).Seconds(), s.done()
		if done == before {
			return nil // a micro-batch, with more to come
		}
		before = done
		return s.afterStep(ctx, done, seconds)
	})
}

// scheduled returns the training data as the trainer takes it, and in how many batches the steps that are left come.
func (s *session) scheduled() (data train.Dataset, batches int, err error) {
	done := s.done()
	if n := s.recipe.MicroBatches(); n > 1 {
		for step := done; step < s.Steps; step++ {
			batches += s.Optimizer.Config().MicroSteps(int64(step), n)
		}
		data, err = s.Optimizer.Accumulate(s.Store, s.feed, n)
		return data, batches, err
	}
	data = s.feed
	if devices := s.options.devices(); devices > 0 {
		if data, err = datasets.NewSharded(s.feed, devices); err != nil {
			return nil, 0, err
		}
	} else {
		s.feed.Dataset = datasets.Ahead(datasets.OnDevice(s.Engine.Backend, s.feed.Dataset))
	}
	return s.Optimizer.Schedule(s.Store, data), s.Steps - done, nil
}

// name is that of the run in messages.
func (s *session) name() string { return filepath.Base(s.dir) }

// wall is the time of the run so far in seconds, with that before its interruptions.
func (s *session) wall() float64 { return s.sums.Wall + time.Since(s.started).Seconds() }

// settledSteps are so many steps without a new kind that there will hardly be another one to compile.
const settledSteps = 8

// tell reports progress. The time left is not known while steps are being compiled.
func (s *session) tell(stage Stage) {
	s.progress.Stage = stage
	s.progress.Remaining = -1
	if s.settled >= settledSteps || stage == Finished {
		s.progress.Remaining = s.clock.remaining(float64(s.progress.Step) / float64(max(1, s.Steps)))
	}
	s.options.Progress(s.progress)
}
