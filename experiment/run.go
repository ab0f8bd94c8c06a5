package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/runlog"
)

// Existing says what to do with a run directory that is there already.
type Existing int

const (
	// Refuse leaves it alone and fails with ErrExists.
	Refuse Existing = iota
	// Resume goes on from its checkpoint, when it holds the same recipe; a finished run is left as it is.
	Resume
	// Overwrite deletes it.
	Overwrite
)

// ErrExists is the error of a run directory that is there already.
var ErrExists = errors.New("there is a run already")

// ErrDiverged is the error of a run whose loss became infinite or NaN. Its record is written.
var ErrDiverged = errors.New("training diverged")

// Options say how a run is made; they have no part in its outcome.
type Options struct {
	Existing Existing
	// CheckpointEvery is the time between two checkpoints; 0 saves when training ends or is interrupted, and not before.
	CheckpointEvery time.Duration
	// KeepEvery is the number of epochs after which a checkpoint is kept as a snapshot, for measurements along training; 0
	// keeps none.
	KeepEvery int
	// Devices is the number of devices over which each batch is spread, which must divide its size; 0 and 1 train on one.
	// It changes the outcome in the last bits only, for sums are made in another order.
	Devices int
	// CurvatureEvery is the number of epochs between two measurements of λmax, λ5, trace and angle along training, on the
	// examples on which λmax is measured at the end; 0 makes none. It costs time and changes nothing else of the outcome. A
	// resumed run may take another number.
	CurvatureEvery int
	// TensorBoard writes the records also as TensorBoard's event files, in the folder tensorboard of the run directory.
	TensorBoard bool
	// Progress is called after every step and between the stages, in the run's own goroutine. It may be nil.
	Progress func(Progress)
	// Warn is called with what is not as it should be and does not stop the run. It may be nil.
	Warn func(string)
}

// spreads reports why batches cannot be spread over devices.
func spreads(batch, devices int) error {
	if devices > 1 && batch%devices != 0 {
		return fmt.Errorf("experiment: batches of %d images cannot be spread over %d devices: choose a batch size that divides by %d", batch, devices, devices)
	}
	return nil
}

// devices is the number of devices where it matters: 0 for one.
func (o Options) devices() int {
	if o.Devices <= 1 {
		return 0
	}
	return o.Devices
}

func (o Options) warn(text string) {
	if o.Warn != nil {
		o.Warn(text)
	}
}

// Config is the content of config.json.
type Config struct {
	Recipe
	Version         string `json:"version"`
	Backend         string `json:"backend"`
	BackendFallback string `json:"backend_fallback,omitempty"`
	Device          string `json:"device"`            // as the engine describes itself
	Devices         int    `json:"devices,omitempty"` // over which batches were spread, when more than one
	Platform        string `json:"platform"`
	CPUs            int    `json:"cpus"`
	Go              string `json:"go"`
}

// Run makes one run of a recipe in dir and returns its summary, which it also leaves there.
//
// When ctx is cancelled the run finishes its step, writes what there is, and returns an error that wraps ctx's; Resume
// goes on from there with the same bits. A run whose loss is no longer finite returns one that wraps ErrDiverged.
func Run(ctx context.Context, engine *backend.Engine, recipe Recipe, dir string, options Options) (runlog.Summary, error) {
	summaries, err := runAll(ctx, engine, []Recipe{recipe}, []string{dir}, options)
	if len(summaries) == 1 {
		return summaries[0], err
	}
	return runlog.Summary{}, err
}

// runner makes runs in turn.
type runner struct {
	engine  *backend.Engine
	options Options
	clock   *clock
	recipes []Recipe

	data     *datasets.Split // of the newest run, for the next
	dataOf   Recipe
	programs map[string]*program // for the runs that are left
}

// run makes the index-th run.
func (r *runner) run(ctx context.Context, index int, dir string) (summary runlog.Summary, err error) {
	recipe := r.recipes[index]
	r.clock.run = index
	progress := Progress{
		Run: index + 1, Runs: len(r.recipes), Name: filepath.Base(dir), Stage: Preparing, Epochs: recipe.Epochs,
		Loss: math.NaN(), TestAccuracy: math.NaN(), Lambda: math.NaN(), AngleDeg: math.NaN(), Remaining: -1,
		Validating: recipe.ValidationSize > 0,
	}
	finished, err := r.claim(recipe, dir)
	if finished != nil {
		r.clock.skip(1)
		progress.Stage = Skipped
		r.tell(progress)
		return *finished, err
	}
	if err != nil {
		return runlog.Summary{}, err
	}
	r.tell(progress)
	program, err := r.program(recipe)
	if err != nil {
		return runlog.Summary{}, err
	}
	if err := r.prepare(recipe, dir); err != nil {
		return runlog.Summary{}, errors.Join(err, r.giveBack(program, index, false))
	}
	s := &session{program: program, recipe: recipe, dir: dir, options: r.options, progress: progress, clock: r.clock}
	defer func() {
		err = errors.Join(err, s.close(), r.giveBack(program, index, s.restored))
	}()
	if err := s.open(dir); err != nil {
		return runlog.Summary{}, err
	}
	return s.run(ctx, dir)
}

// sharedBytes is the memory of variables up to which a program is kept for the next run of its method. Above it training
// takes so much longer than compiling that sharing is not worth the memory.
const sharedBytes = 64 << 20

// program returns one for the recipe, that of an earlier run where there is one.
func (r *runner) program(recipe Recipe) (*program, error) {
	key, err := programKey(recipe)
	if err != nil {
		return nil, err
	}
	if p, ok := r.programs[key]; ok {
		return p, nil
	}
	data, err := r.load(recipe)
	if err != nil {
		return nil, err
	}
	p, err := newProgram(r.engine, recipe, data)
	if err != nil {
		return nil, err
	}
	p.spread = r.options.devices() > 0
	r.programs[key] = p
	return p, nil
}

// giveBack keeps the program of the index-th run when a later run wants it, and closes it otherwise.
func (r *runner) giveBack(p *program, index int, restored bool) error {
	key, err := programKey(r.recipes[index])
	if err != nil {
		return err
	}
	for _, later := range r.recipes[index+1:] {
		if k, err := programKey(later); err == nil && k == key && p.reusable(restored) && p.bytes() <= sharedBytes {
			return nil
		}
	}
	delete(r.programs, key)
	return p.close()
}

// close frees the programs that are left.
func (r *runner) close() (err error) {
	for _, p := range r.programs {
		err = errors.Join(err, p.close())
	}
	return err
}

func (r *runner) tell(p Progress) {
	if r.options.Progress != nil {
		r.options.Progress(p)
	}
}

// run trains, measures and writes the summary.
func (s *session) run(ctx context.Context, dir string) (runlog.Summary, error) {
	s.progress.Step = s.done()
	s.progress.TestAccuracy = s.tally.Test.Accuracy.Float()
	if s.progress.Validating {
		s.progress.TestAccuracy = s.tally.Validation.Accuracy.Float()
	}
	s.clock.skip(float64(s.progress.Step) / float64(s.steps))
	begun := s.done()

	err := s.train(ctx)
	if err == nil && s.done() > begun {
		err = s.save()
	}
	var measured sharpest
	if err == nil && s.recipe.LambdaProducts > 0 {
		s.tell(Measuring)
		measured, err = s.measureLambda(ctx)
	}
	var lost *diverged
	switch {
	case err == nil:
		if err := s.recordLambda(measured, s.steps); err != nil {
			return runlog.Summary{}, err
		}
		summary := s.summary(measured)
		summary.Finished = true
		s.progress.Lambda, s.progress.AngleDeg = summary.LambdaMax.Float(), summary.AngleDeg.Float()
		s.tell(Finished)
		return summary, runlog.WriteSummary(dir, summary)
	case errors.As(err, &lost):
		summary := s.summary(sharpest{})
		summary.Steps, summary.Diverged, summary.Stopped = int64(lost.step), true, lost.Error()
		return summary, errors.Join(fmt.Errorf("experiment: %s: %w: %w", filepath.Base(dir), ErrDiverged, lost), runlog.WriteSummary(dir, summary))
	case ctx.Err() != nil && (errors.Is(err, errStopped) || errors.Is(err, ctx.Err())):
		summary := s.summary(sharpest{})
		summary.Stopped = fmt.Sprintf("interrupted after step %d of %d", s.done(), s.steps)
		err := fmt.Errorf("experiment: %s: %s: %w", filepath.Base(dir), summary.Stopped, ctx.Err())
		if s.done() > begun && s.done() < s.steps {
			err = errors.Join(err, s.save())
		}
		return summary, errors.Join(err, runlog.WriteSummary(dir, summary))
	default:
		return runlog.Summary{}, fmt.Errorf("experiment: %s: %w", filepath.Base(dir), err)
	}
}

// recordLambda writes the curvature record of a step.
func (s *session) recordLambda(m sharpest, step int) error {
	if m.examples == 0 {
		return nil
	}
	return s.record(runlog.Record{
		Kind: runlog.Curvature, Step: int64(step), Epoch: runlog.Num(float64(step) / float64(s.perEpoch)), Split: runlog.TrainSplit,
		LambdaMax: runlog.Num(m.lambda), LambdaResidual: runlog.Num(m.residual), AngleDeg: runlog.Num(m.angle), AbsCos: runlog.Num(m.absCos),
	})
}

// summary says what is known of the run.
func (s *session) summary(m sharpest) runlog.Summary {
	done := s.done()
	out := runlog.Summary{
		Method: s.recipe.Method, Seed: s.recipe.Seed, Data: s.recipe.Data, Model: s.recipe.Model,
		Backend: s.engine.Name, BackendFallback: s.engine.Fallback, Parameters: s.parameters(),
		Epochs: runlog.Num(float64(done) / float64(s.perEpoch)), Steps: int64(done),
		TrainLoss: s.tally.Train.Loss, TrainAccuracy: s.tally.Train.Accuracy,
		TestLoss: s.tally.Test.Loss, TestAccuracy: s.tally.Test.Accuracy,
		ValidationLoss: s.tally.Validation.Loss, ValidationAccuracy: s.tally.Validation.Accuracy,
		StepSecondsMedian: runlog.Num(s.tally.All.median()), WallSeconds: runlog.Num(s.wall()), Version: Version(),
		GradientEvaluationsPerStep: runlog.Num(s.tally.Gradients / float64(done)),
	}
	if s.tally.Curvature > 0 {
		out.CurvatureSeconds = runlog.Num(s.tally.Curvature)
		out.CurvatureShare = runlog.Num(s.tally.Curvature / out.WallSeconds.Float())
	}
	if m.examples > 0 {
		out.LambdaMax, out.LambdaResidual = runlog.Num(m.lambda), runlog.Num(m.residual)
		out.LambdaStop, out.LambdaProducts, out.LambdaExamples = m.stop, m.products, m.examples
		out.AngleDeg, out.AbsCos = runlog.Num(m.angle), runlog.Num(m.absCos)
	}
	return out
}

// claim checks that the run may go to dir. It returns a summary when there is nothing left to do.
func (r *runner) claim(recipe Recipe, dir string) (*runlog.Summary, error) {
	var old Config
	run, err := runlog.ReadRun(dir)
	if err == nil {
		err = run.Decode(&old)
		old.Settle()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil && r.options.Existing != Overwrite:
		return nil, err
	case r.options.Existing == Refuse:
		return nil, fmt.Errorf("experiment: %s: %w: resume it, overwrite it, or choose another directory", dir, ErrExists)
	case r.options.Existing == Resume:
		if run.Setup.RawC() {
			return nil, fmt.Errorf("experiment: %s holds a run of %s, a form that is no longer made: "+
				"overwrite it or choose another directory", dir, run.Setup.Method)
		}
		if changed := differences(old.Recipe, recipe); len(changed) > 0 {
			return nil, fmt.Errorf("experiment: %s holds a run of another recipe (%s): it cannot be resumed with this one; overwrite it or choose another directory",
				dir, strings.Join(changed, ", "))
		}
		return r.resume(old, run)
	}
	return nil, nil
}

// prepare makes the run directory ready: as it is where the run goes on, else with nothing but config.json in it.
func (r *runner) prepare(recipe Recipe, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, runlog.ConfigFile)); err == nil && r.options.Existing == Resume {
		return nil
	}
	for _, name := range []string{runlog.SummaryFile, runlog.MetricsFile, runlog.ConfigFile, runlog.CheckpointDir, runlog.SnapshotDir, runlog.MeasurementsFile, runlog.TensorBoardDir} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("experiment: clearing %s: %w", dir, err)
		}
	}
	return runlog.WriteConfig(dir, Config{
		Recipe: recipe, Version: Version(), Backend: r.engine.Name, BackendFallback: r.engine.Fallback, Device: r.engine.Description(),
		Devices: r.options.devices(), Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version(),
	})
}

// resume returns the summary of a run that has ended, and warns where going on will not give the same bits.
func (r *runner) resume(old Config, run *runlog.Run) (*runlog.Summary, error) {
	dir, summary := run.Dir, run.Summary
	switch {
	case summary.Finished:
		return &summary, nil
	case summary.Diverged:
		return &summary, fmt.Errorf("experiment: %s: %w: %s", filepath.Base(dir), ErrDiverged, summary.Stopped)
	case len(run.Problems) > 0:
		return nil, fmt.Errorf("experiment: %s cannot be resumed: %s: "+
			"mend it, overwrite the run or choose another directory", dir, strings.Join(run.Problems, "; "))
	}
	// A run that was interrupted may have a summary, which ends with the resumption.
	if err := os.RemoveAll(filepath.Join(dir, runlog.SummaryFile)); err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	if old.Backend != r.engine.Name {
		r.options.warn(fmt.Sprintf("%s was begun on %s and goes on with %s: its numbers are those of neither", dir, old.Backend, r.engine.Name))
	}
	if old.Version != Version() {
		r.options.warn(fmt.Sprintf("%s was begun with version %s and goes on with %s", dir, old.Version, Version()))
	}
	return nil, nil
}

// differences names the keys in which two recipes differ. Where the data lies is no part of a recipe.
func differences(a, b Recipe) (changed []string) {
	fields := func(r Recipe) map[string]any {
		m := map[string]any{}
		if text, err := json.Marshal(r); err == nil {
			_ = json.Unmarshal(text, &m) // of what Marshal wrote
		}
		return m
	}
	x, y := fields(a), fields(b)
	for key := range y {
		if key != "data_dir" && !reflect.DeepEqual(x[key], y[key]) {
			changed = append(changed, fmt.Sprintf("%s %v, now %v", key, x[key], y[key]))
		}
	}
	slices.Sort(changed)
	return changed
}

// load returns the data of a recipe, that of the last run if it is the same.
func (r *runner) load(recipe Recipe) (*datasets.Split, error) {
	if r.data != nil && r.dataOf.Data == recipe.Data && r.dataOf.dataOptions() == recipe.dataOptions() {
		return r.data, nil
	}
	split, err := datasets.Load(recipe.Data, recipe.dataOptions())
	if err != nil {
		return nil, err
	}
	r.data, r.dataOf = split, recipe
	return split, nil
}
