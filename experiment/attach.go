package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
)

// LoopRun says what the records of a loop of one's own call it, and what is measured.
type LoopRun struct {
	// Study holds names, Epochs and StepsPerEpoch, Test, Metric, which the trainer must have among its evaluation metrics,
	// and Settings. λmax is measured on the first batches of Train(0), and takes the Objective; without these two set
	// LambdaProducts = 0. Base, Methods, Parameters and Seeds have no part: the loop decides them.
	Study Study
	// Method is the name under which the run is compared, "xsam" for instance, and Seed tells runs of it apart.
	Method string
	Seed   int64
	// Engine is what backend.Open gave, so that records name it as those of the command do; nil takes the trainer's
	// backend under its own name.
	Engine *backend.Engine
	// Options are those of a run, but for checkpoints, which are the loop's own affair: Existing, CurvatureEvery,
	// TensorBoard, Progress and Warn.
	Options Options
}

// Attach has a loop of one's own write a run directory: config.json now, metrics.jsonl after every epoch, and
// summary.json when the loop has made Epochs × StepsPerEpoch updates, counted from step 0. `xsam report` and
// `xsam serve` take the folder that holds such directories; name each as runlog.Name does.
//
// opt is the optimizer of the loop's trainer. Where the store comes from a checkpoint, which must be restored before,
// Options.Existing = Resume goes on with the records of the steps before it. A loop that ends early, or fails, leaves a
// run that is not finished, and a loss that is not finite ends it as one that diverged. When ctx is cancelled the loop
// ends after its step. Attach once for each loop; until the run has ended its process alone may write there.
func Attach(ctx context.Context, loop *train.Loop, opt *xsam.Optimizer, dir string, run LoopRun) (err error) {
	r, options, err := run.recipe(opt)
	if err != nil {
		return err
	}
	engine := run.Engine
	if engine == nil {
		engine = &backend.Engine{Backend: loop.Trainer.Backend(), Name: loop.Trainer.Backend().Name()}
	}
	p, err := program.AroundTrainer(engine, r, run.Study.own(), loop.Trainer, opt)
	if err != nil {
		return err
	}
	q := newQueue(engine, []recipe.Recipe{r}, options)
	s := q.session(p, 0, dir)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.claim(); err != nil {
		return err
	}
	finished, err := q.admit(r, dir)
	if err != nil {
		return err
	}
	if finished != nil {
		return fmt.Errorf("experiment: %s: %w, which has finished: overwrite it or choose another directory", dir, ErrExists)
	}
	if err := q.prepare(r, dir); err != nil {
		return err
	}
	if err := s.join(); err != nil {
		return err
	}
	a := &attached{session: s, before: s.done(), began: s.done()}
	loop.OnStart("xsam records", lastPriority, func(*train.Loop, train.Dataset) error { return a.hand() })
	loop.OnStep("xsam records", firstPriority, func(*train.Loop, []*tensors.Tensor) error { return a.step(ctx) })
	loop.OnStep("xsam step time", lastPriority, func(*train.Loop, []*tensors.Tensor) error { return a.hand() })
	loop.OnEnd("xsam records", firstPriority, func(*train.Loop, []*tensors.Tensor) error { return a.end(ctx) })
	return nil
}

// The time of a step runs from the last hook of the step before to the first of its own.
const (
	firstPriority = train.Priority(math.MinInt32)
	lastPriority  = train.Priority(math.MaxInt32)
)

// recipe is that of the run, when what it says is in range.
func (run LoopRun) recipe(opt *xsam.Optimizer) (recipe.Recipe, Options, error) {
	s := run.Study
	r := s.common()
	r.Method, r.Seed, r.Config = run.Method, run.Seed, opt.Config()
	options, err := run.Options.settled()
	errs := []error{err, r.ValidateStudy(), s.Metric.check(s.Test != nil)}
	if s.LambdaProducts > 0 && (s.Objective == nil || s.Train == nil) {
		errs = append(errs, fmt.Errorf("experiment: Study.LambdaProducts = %d without an Objective and Train: want both, "+
			"or 0 products for not measuring λmax", s.LambdaProducts))
	}
	if o := run.Options; o.devices() > 0 || o.KeepEvery > 0 || o.CheckpointEvery > 0 || options.OnNonfinite != Stop {
		errs = append(errs, errors.New("experiment: Options of Attach with devices, checkpoints, snapshots or OnNonfinite: "+
			"those are the loop's: want them unset"))
	}
	return r, options, errors.Join(errs...)
}

// join opens the records for a loop that goes on from the step of its store.
func (s *session) join() error {
	done := s.done()
	if s.restored = done > 0; s.restored {
		s.sums.Wall = math.NaN() // nobody has kept the time of the steps before
	}
	for step := range int64(done) {
		gradients, products := s.Optimizer.Config().Cost(step)
		s.sums.Gradients += float64(gradients + recipe.GradientsPerProduct*products)
	}
	return s.openRecords(done)
}

// attached is a session whose loop is not its own.
type attached struct {
	*session
	began, before int // steps that were made before it, and those that are recorded
	handed        time.Time
	underWay      bool // an update, in micro-batches
	ended         bool
}

// hand notes that the loop goes on to its next batch, with which an update begins.
func (a *attached) hand() error {
	if !a.underWay {
		a.handed, a.underWay = time.Now(), true
	}
	return nil
}

// step takes in a step of the loop.
func (a *attached) step(ctx context.Context) error {
	seconds, done := time.Since(a.handed).Seconds(), a.done()
	if done == a.before || done > a.Steps || a.ended {
		return nil // a micro-batch, with more to come; or a step after the run
	}
	a.before, a.underWay = done, false
	err := a.afterStep(ctx, done, seconds)
	if err != nil {
		_, err = a.conclude(ctx, err)
		return a.finish(err)
	}
	return nil
}

// end writes the summary, of a run that has finished or, where more updates are to come, may go on.
func (a *attached) end(ctx context.Context) (err error) {
	switch {
	case a.ended:
		return nil
	case a.done() < a.Steps:
		out := a.summary(lambdaMax{})
		out.Stopped = fmt.Sprintf("the loop ended after step %d of %d", a.done(), a.Steps)
		return a.writeSummary(out)
	case a.began >= a.Steps: // the checkpoint was that of the end
		err = a.evaluateAll(a.Steps)
	}
	_, err = a.conclude(ctx, err)
	return a.finish(err)
}

// finish closes the records.
func (a *attached) finish(err error) error {
	a.ended = true
	return errors.Join(err, a.close(), a.Release())
}
