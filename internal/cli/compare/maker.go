package compare

import (
	"context"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/tuning"
)

// command is the command line of the comparison, but for who makes the runs.
func (o *options) command(out string) string { return flags.Command("xsam compare", o.given, out) }

// maker returns what makes the runs: this process with its engine, which the caller finalizes, or tasks of Slurm, with
// none. record is called before the first one.
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
	if err := record(); err != nil {
		engine.Finalize()
		return nil, nil, err
	}
	return experiment.Here(ctx, engine, o.run.Options(bar)), engine, nil
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
	recipes, err := o.run.Auto(ctx, engine, c, recipes, out, bar)
	if err != nil || len(c.Auto) == len(asked.Auto) {
		return recipes, err
	}
	*asked = *c
	return recipes, c.Write(out)
}
