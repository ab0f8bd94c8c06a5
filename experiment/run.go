package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Run makes one run of a recipe in dir and returns its summary, which it also leaves there.
//
// When ctx is cancelled the run finishes its step, writes what there is, and returns an error that wraps ctx's; Resume
// goes on from there with the same bits. A run whose loss is no longer finite returns one that wraps ErrDiverged.
func Run(ctx context.Context, engine *backend.Engine, r recipe.Recipe, dir string, options Options) (runlog.Summary,
	error) {
	summaries, err := runAll(ctx, engine, []recipe.Recipe{r}, []string{dir}, options)
	if len(summaries) == 1 {
		return summaries[0], err
	}
	return runlog.Summary{}, err
}

// RunAll makes the runs of recipes in turn, each in its directory of dirs, and returns the summaries of those that
// ended or were interrupted. A run that diverges is part of the result, with a warning. One that cannot be resumed, for
// its record is broken or another process writes to it, is left out with a warning, and its error is returned when the
// others are made; any other error ends it.
func RunAll(
	ctx context.Context, engine *backend.Engine, recipes []recipe.Recipe, dirs []string, options Options,
) ([]runlog.Summary, error) {
	summaries, err := runAll(ctx, engine, recipes, dirs, options)
	if errors.Is(err, ErrDiverged) {
		err = nil
	}
	return summaries, err
}

// runAll is RunAll which returns the first divergence as its error when there is no other. Errors of single runs come
// joined.
func runAll(ctx context.Context, engine *backend.Engine, recipes []recipe.Recipe, dirs []string,
	options Options) (summaries []runlog.Summary, lost error) {
	for _, r := range recipes {
		if err := r.Validate(); err != nil {
			return nil, err
		}
		if options.devices() > 0 && r.MicroBatches() > 1 {
			return nil, fmt.Errorf("experiment: %d devices and %d micro-batches: want one or the other", options.Devices,
				r.Accumulate)
		}
		if err := r.CheckDevices(options.Devices); err != nil {
			return nil, err
		}
	}
	if options.OnNonfinite == "" {
		options.OnNonfinite = Stop
	}
	if !slices.Contains(OnNonfiniteNames, string(options.OnNonfinite)) {
		return nil, fmt.Errorf("experiment: on non-finite %q: want one of %s", options.OnNonfinite,
			strings.Join(OnNonfiniteNames, ", "))
	}
	if options.OnNonfinite != Stop && options.devices() > 0 {
		return nil, fmt.Errorf("experiment: on non-finite %s with %d devices: want one device, or stop", options.OnNonfinite,
			options.Devices)
	}
	if options.Progress == nil {
		options.Progress = func(Progress) {}
	}
	if options.Warn == nil {
		options.Warn = func(string) {}
	}
	q := &queue{engine: engine, options: options, clock: newClock(recipes), recipes: recipes}
	q.programs = map[string]*program.Program{}
	defer func() { lost = errors.Join(lost, q.close()) }()
	var left []error
	for i := range recipes {
		if err := ctx.Err(); err != nil {
			return summaries, err
		}
		summary, err := q.run(ctx, i, dirs[i])
		if summary.Method != "" {
			summaries = append(summaries, summary)
		}
		switch {
		case errors.Is(err, ErrDiverged):
			options.Warn(err.Error())
			if lost == nil {
				lost = err
			}
		case err != nil && options.Existing == Resume && len(recipes) > 1 &&
			(errors.As(err, new(obstacle)) || errors.Is(err, runlog.ErrClaimed)):
			options.Warn(err.Error())
			left = append(left, err)
		case err != nil:
			return summaries, err
		}
	}
	if len(left) > 0 {
		return summaries, fmt.Errorf("experiment: %d of %d runs were left out: %w", len(left), len(recipes), left[0])
	}
	return summaries, lost
}

// queue makes runs in turn.
type queue struct {
	engine  *backend.Engine
	options Options
	clock   *clock
	recipes []recipe.Recipe

	data     *datasets.Split // of the newest run, for the next
	dataOf   recipe.Recipe
	programs map[string]*program.Program // for the runs that are left
}

// run makes the index-th run.
func (q *queue) run(ctx context.Context, index int, dir string) (summary runlog.Summary, err error) {
	r := q.recipes[index]
	q.clock.run = index
	progress := Progress{
		Run: index + 1, Runs: len(q.recipes), Name: filepath.Base(dir), Stage: Preparing, Epochs: r.Epochs,
		Loss: math.NaN(), TestAccuracy: math.NaN(), Lambda: math.NaN(), AngleDeg: math.NaN(), Remaining: -1,
		Validating: r.ValidationSize > 0,
	}
	skip := func(finished runlog.Summary, err error) (runlog.Summary, error) {
		q.clock.skip(1)
		progress.Stage = Skipped
		q.options.Progress(progress)
		return finished, err
	}
	if err := runlog.Claimed(dir, runlog.ClaimFile); err != nil { // before anything is built
		return runlog.Summary{}, err
	}
	finished, err := q.admit(r, dir)
	if finished != nil {
		return skip(*finished, err)
	}
	if err != nil {
		return runlog.Summary{}, err
	}
	q.options.Progress(progress)
	p, err := q.program(r)
	if err != nil {
		return runlog.Summary{}, err
	}
	s := &session{Program: p, recipe: r, dir: dir, options: q.options, progress: progress, clock: q.clock}
	defer func() {
		err = errors.Join(err, s.close(), q.giveBack(p, index, s.restored))
	}()
	if err := s.claim(); err != nil {
		return runlog.Summary{}, err
	}
	finished, err = q.admit(r, dir) // another process may have come in between
	if finished != nil {
		return skip(*finished, err)
	}
	if err == nil {
		err = q.prepare(r, dir)
	}
	if err != nil {
		return runlog.Summary{}, err
	}
	if err := s.open(dir); err != nil {
		return runlog.Summary{}, err
	}
	return s.run(ctx)
}

// close frees the programs that are left.
func (q *queue) close() (err error) {
	for _, p := range q.programs {
		err = errors.Join(err, p.Close())
	}
	return err
}

// sharedBytes is the memory of variables up to which a program is kept for the next run of its method. Above it
// training takes so much longer than compiling that sharing is not worth the memory.
const sharedBytes = 64 << 20

// program returns one for the recipe, that of an earlier run where there is one.
func (q *queue) program(r recipe.Recipe) (*program.Program, error) {
	key, err := program.Key(r)
	if err != nil {
		return nil, err
	}
	if p, ok := q.programs[key]; ok {
		return p, nil
	}
	data, err := q.load(r)
	if err != nil {
		return nil, err
	}
	p, err := program.New(q.engine, r, data, q.options.Devices)
	if err != nil {
		return nil, err
	}
	q.programs[key] = p
	return p, nil
}

// giveBack keeps the program of the index-th run when a later run wants it, and closes it otherwise.
func (q *queue) giveBack(p *program.Program, index int, restored bool) error {
	key, err := program.Key(q.recipes[index])
	if err != nil {
		return err
	}
	for _, later := range q.recipes[index+1:] {
		if k, err := program.Key(later); err == nil && k == key && p.Reusable(restored) && p.Store.ByteSize() <= sharedBytes {
			return nil
		}
	}
	delete(q.programs, key)
	return p.Close()
}

// load returns the data of a recipe, that of the last run if it is the same.
func (q *queue) load(r recipe.Recipe) (*datasets.Split, error) {
	if q.data != nil && q.dataOf.Data == r.Data && q.dataOf.DataOptions() == r.DataOptions() {
		return q.data, nil
	}
	split, err := datasets.Load(r.Data, r.DataOptions())
	if err != nil {
		return nil, err
	}
	q.data, q.dataOf = split, r
	return split, nil
}
