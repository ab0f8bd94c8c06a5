package compare

import (
	"context"
	"sync"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/tuning"
)

// command is the command line of the comparison, but for who makes the runs.
func (o *options) command(out string) string { return flags.Command("xsam compare", o.given, out) }

// maker returns what makes the runs: this process with its engine, which the caller finalizes, or tasks of Slurm, with
// none. record is called when the first one is held against other processes.
func (o *options) maker(ctx context.Context, out string, bar *progress.Bar, record func() error) (experiment.Maker,
	*backend.Engine, error) {
	if o.elsewhere.Slurm {
		o.run.Resume = true // what is recorded of earlier calls stays
		return o.elsewhere.BySlurm(ctx, o.command(out), out, o.run.Options(bar), bar, record), nil, nil
	}
	engine, err := o.run.Open(ctx, o.stderr, o.run.Quiet)
	if err != nil {
		return nil, nil, err
	}
	once := sync.OnceValue(record) // not before a run is held: another process may have them
	return func(recipes []recipe.Recipe, dirs []string) ([]runlog.Summary, error) {
		options := o.run.Options(bar)
		options.Begin = once
		runs, err := experiment.Here(ctx, engine, options)(recipes, dirs)
		if err == nil {
			err = once()
		}
		return runs, err
	}, engine, nil
}

// goOn adds to the error of runs that did not all end how to go on, unless it says so.
func (o *options) goOn(err error, out string, ended, all int) error {
	if o.elsewhere.Slurm {
		return err
	}
	return flags.HowToResume(err, "compare", out, ended, all)
}

// one makes the run of --only.
func (o *options) one(ctx context.Context, search *tuning.Search, c *recipe.Comparison, recipes []recipe.Recipe,
	out string) error {
	r, dir, err := o.elsewhere.One(out, search, func(t *tuning.Tuning) ([]recipe.Recipe, error) {
		if t == nil {
			return recipes, nil
		}
		return chosen(c, t)
	})
	if err != nil {
		return err
	}
	return flags.MakeOne(ctx, &o.run, r, dir, o.stderr)
}

// auto has short runs find what is left to them, and records it.
func (o *options) auto(ctx context.Context, engine *backend.Engine, c, asked *recipe.Comparison,
	recipes []recipe.Recipe, out string, bar *progress.Bar) ([]recipe.Recipe, error) {
	if len(c.Auto) == 0 {
		return recipes, nil
	}
	if err := o.run.Record(*asked, out, recipe.Dirs(out, recipes)); err != nil {
		return nil, err
	}
	recipes, err := o.run.Auto(ctx, engine, c, recipes, out, bar)
	if err != nil || len(c.Auto) == len(asked.Auto) {
		return recipes, err
	}
	*asked = *c
	return recipes, c.Write(out)
}
