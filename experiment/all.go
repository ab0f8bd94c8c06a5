package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/runlog"
)

// Plan returns the recipes that compare the methods over seeds, first, first + 1, …: base with each method in turn for one
// seed, then for the next, so that a machine that slows down slows all methods alike. The settings in common are those of
// SetMethod.
func Plan(base Recipe, methods []string, common map[string]string, first int64, seeds int) ([]Recipe, error) {
	var recipes []Recipe
	for i := range int64(seeds) {
		for _, method := range methods {
			r := base
			r.Seed = first + i
			if err := r.SetMethod(method, common); err != nil {
				return nil, err
			}
			recipes = append(recipes, r)
		}
	}
	return recipes, nil
}

// Dirs returns the run directories of recipes under out.
func Dirs(out string, recipes []Recipe) []string {
	dirs := make([]string, len(recipes))
	for i, r := range recipes {
		dirs[i] = filepath.Join(out, runlog.Name(r.Method, r.Seed))
	}
	return dirs
}

// RunAll makes the runs of recipes in turn, each in its directory under out, and returns the summaries of those that ended
// or were interrupted. A run that diverges is part of the result, with a warning; any other error ends it.
func RunAll(ctx context.Context, engine *backend.Engine, recipes []Recipe, out string, options Options) ([]runlog.Summary, error) {
	return RunDirs(ctx, engine, recipes, Dirs(out, recipes), options)
}

// RunDirs is RunAll with a directory of its own for each recipe.
func RunDirs(ctx context.Context, engine *backend.Engine, recipes []Recipe, dirs []string, options Options) ([]runlog.Summary, error) {
	summaries, err := runAll(ctx, engine, recipes, dirs, options)
	if errors.Is(err, ErrDiverged) {
		err = nil
	}
	return summaries, err
}

// runAll is RunDirs which returns the first divergence as its error when there is no other.
func runAll(ctx context.Context, engine *backend.Engine, recipes []Recipe, dirs []string, options Options) (summaries []runlog.Summary, lost error) {
	for _, r := range recipes {
		if err := r.Validate(); err != nil {
			return nil, err
		}
		if options.devices() > 0 && r.microBatches() > 1 {
			return nil, fmt.Errorf("experiment: %d devices and %d micro-batches: want one or the other", options.Devices, r.Accumulate)
		}
		if err := spreads(r.Batch, options.Devices); err != nil {
			return nil, err
		}
	}
	r := &runner{engine: engine, options: options, clock: newClock(recipes), recipes: recipes, programs: map[string]*program{}}
	defer func() { lost = errors.Join(lost, r.close()) }()
	for i := range recipes {
		if err := ctx.Err(); err != nil {
			return summaries, err
		}
		summary, err := r.run(ctx, i, dirs[i])
		if summary.Method != "" {
			summaries = append(summaries, summary)
		}
		switch {
		case errors.Is(err, ErrDiverged):
			options.warn(err.Error())
			if lost == nil {
				lost = err
			}
		case err != nil:
			return summaries, err
		}
	}
	return summaries, lost
}
