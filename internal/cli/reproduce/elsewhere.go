package reproduce

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/cli/internal/slurm"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/reproduce"
	"github.com/xsam-go/xsam/runlog"
)

// recipes are the runs of a plan before any search: all, or the one of --only.
func (o *runOptions) recipes(p *reproduce.Plan) ([]recipe.Recipe, error) {
	all, err := p.Recipes()
	if err != nil || o.only == "" {
		return all, err
	}
	if o.plan.tune {
		return nil, exit.Usagef("--only with --tune, whose runs follow from one another: want one of them")
	}
	i := slices.IndexFunc(all, func(r recipe.Recipe) bool { return runlog.Name(r.Method, r.Seed) == o.only })
	if i < 0 {
		return nil, exit.Usagef("--only %q: %s has no such run: want one that --list-runs names, such as %s", o.only, o.name,
			runlog.Name(all[0].Method, all[0].Seed))
	}
	return all[i : i+1], nil
}

// command is the command line without what it says of all runs together.
func (o *runOptions) command(out string) string {
	none := func(string) bool { return false }
	return fmt.Sprintf("xsam reproduce run %s%s --out=%s", o.name, flags.Given(o.given, none), show.Quoted(out))
}

// commands are what makes each run, on a command line of its own: it goes on from its checkpoint when it is called again.
func (o *runOptions) commands(out string, recipes []recipe.Recipe) (all []string) {
	for _, dir := range recipe.Dirs(out, recipes) {
		all = append(all, fmt.Sprintf("%s --resume --quiet --only=%s", o.command(out)[len("xsam "):],
			show.Quoted(filepath.Base(dir))))
	}
	return all
}

// bySlurm has tasks of Slurm make the runs, and prints what came out when all have ended.
func (o *runOptions) bySlurm(ctx context.Context, p *reproduce.Plan, out string, recipes []recipe.Recipe) error {
	bar := progress.New(o.stderr, o.run.Quiet)
	runs := &slurm.Runs{Out: out, Recipes: recipes, Dirs: recipe.Dirs(out, recipes), Commands: o.commands(out, recipes),
		Making: o.run.Options(bar), Bar: bar}
	ended, err := o.elsewhere.BySlurm(ctx, runs, func() error { return nil }, o.command(out))
	if err != nil {
		return err
	}
	outcome, err := reproduce.Judge(ended, runs.Dirs, bar.Warn)
	if err != nil {
		return err
	}
	return o.end(p, outcome, out)
}
