package compare

import (
	"context"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/slurm"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// bySlurm has tasks of Slurm make the runs, and prints the table when all have ended.
func (o *options) bySlurm(ctx context.Context, c recipe.Comparison, out string, recipes []recipe.Recipe) error {
	flags.PrintNotes(o.stderr, recipes[0], o.run.Quiet)
	bar := progress.New(o.stderr, o.run.Quiet)
	runs := &slurm.Runs{Out: out, Recipes: recipes, Dirs: recipe.Dirs(out, recipes), Commands: o.commands(out, recipes),
		Making: o.run.Options(bar), Bar: bar}
	ended, err := o.elsewhere.BySlurm(ctx, runs, func() error {
		o.run.Resume = true // what is recorded of earlier calls stays
		return o.run.Record(c, out, runs.Dirs)
	}, o.table(out))
	if err != nil {
		return err
	}
	return o.result(ended, nil, c, recipes[0], engines(ended), out)
}

// engines names those that computed.
func engines(runs []runlog.Summary) string {
	var names []string
	for _, r := range runs {
		names = append(names, r.Backend)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
