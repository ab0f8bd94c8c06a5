package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/xsam-go/xsam/backend"
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

// Maker makes runs of recipes, each in its directory, as RunAll does; some other process may do it.
type Maker func(recipes []recipe.Recipe, dirs []string) ([]runlog.Summary, error)

// Here returns what makes runs in this process, by RunAll.
func Here(ctx context.Context, engine *backend.Engine, options Options) Maker {
	return func(recipes []recipe.Recipe, dirs []string) ([]runlog.Summary, error) {
		return RunAll(ctx, engine, recipes, dirs, options)
	}
}

// Ended returns the summary of a run of the recipe in dir with which RunAll, with Resume, has nothing left to do, and
// nil where it has. One that diverged comes with its error, which wraps ErrDiverged; other errors are those of a
// directory in which RunAll makes no such run. It changes nothing, and wants no engine.
func Ended(r recipe.Recipe, dir string, options Options) (*runlog.Summary, error) {
	options, err := options.settled()
	if err != nil {
		return nil, err
	}
	options.Existing = Resume
	return (&queue{options: options}).admit(r, dir)
}

// runAll is RunAll which returns the first divergence as its error when there is no other. Errors of single runs come
// joined.
func runAll(ctx context.Context, engine *backend.Engine, recipes []recipe.Recipe, dirs []string,
	options Options) ([]runlog.Summary, error) {
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
	options, err := options.settled()
	if err != nil {
		return nil, err
	}
	return newQueue(engine, recipes, options).runAll(ctx, dirs)
}

// runAll makes the runs in turn; see the function of this name.
func (q *queue) runAll(ctx context.Context, dirs []string) (summaries []runlog.Summary, lost error) {
	recipes, options := q.recipes, q.options
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
