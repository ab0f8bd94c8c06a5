// Package train is the command xsam train: one run, and its summary.
package train

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// options are the flags of xsam train.
type options struct {
	stdout, stderr io.Writer

	recipe *flags.Recipe
	run    flags.Run
	set    *pflag.FlagSet // of method and seed
	method string
	seed   int64
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, recipe: flags.NewRecipe()}
	cmd := &cobra.Command{
		Use:   "train [flags]",
		Short: "Train a model with one method",
		Long: `Train makes one run and prints its summary. The record, with metrics along the way and the checkpoint,
goes to <out>/<method>-seed<k>.`,
		Example: `  xsam train
  xsam train --method sam --rho 0.1 --epochs 30
  xsam train --data cifar10 --data-dir DIR --model resnet20 --augment --out runs
  xsam train --resume runs/xsam-seed0   go on with what was interrupted`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), o, args) },
	}
	flags.Attach(cmd, o.groups(), o.recipe.Choices)
	return cmd
}

// groups returns the flags.
func (o *options) groups() []flags.Group {
	group := flags.NewGroup("What is trained")
	what := group.Flags
	what.StringVar(&o.method, "method", "xsam", "`method`: "+strings.Join(parameter.MethodNames(),
		", ")+", with settings if need be:\nxsam:alpha=0.5")
	what.Int64Var(&o.seed, "seed", 0, "`seed` of weights, first direction and order of the batches")
	o.recipe.AllowAuto()
	o.recipe.Choices["method"] = parameter.MethodNames()
	o.set = what
	return slices.Concat([]flags.Group{group}, o.recipe.Groups, []flags.Group{o.run.Group()})
}

// run makes the run and prints its summary.
func run(ctx context.Context, o *options, args []string) error {
	c, recipes, err := o.plan(args)
	if err != nil {
		return err
	}
	r := recipes[0]
	out, err := o.run.Folder(r)
	if err != nil {
		return err
	}
	engine, err := o.run.Open(ctx, o.stderr, o.run.Quiet)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	flags.PrintNotes(o.stderr, r, o.run.Quiet)
	bar := progress.New(o.stderr, o.run.Quiet)
	if recipes, err = o.run.Auto(ctx, engine, &c, recipes, out, bar); err != nil {
		bar.Clear()
		return flags.HowToGoOn(err, fmt.Sprintf("go on with the same command, --resume and --out %s", show.Path(out)))
	}
	dir := recipe.Dirs(out, recipes)[0]
	summary, err := experiment.Run(ctx, engine, recipes[0], dir, o.run.Options(bar))
	bar.Clear()
	if err != nil {
		return flags.HowToResume(err, "train", dir, 0, 1)
	}
	return o.print(summary, dir)
}

// plan checks the flags and returns what is trained, and the recipe of the run.
func (o *options) plan(args []string) (c recipe.Comparison, recipes []recipe.Recipe, err error) {
	if err := o.run.Validate(); err != nil {
		return c, nil, err
	}
	name := runlog.Name(o.method, o.seed)
	recorded, err := o.run.Recorded(o.recipe, args, name)
	if err != nil {
		return c, nil, err
	}
	c = recipe.Comparison{Methods: []string{o.method}, Seed: o.seed, Seeds: 1}
	if recorded != nil && o.run.Resume && o.set.Changed("method") && !slices.Contains(recorded.Methods, o.method) {
		recorded = nil // the folder has runs, and not this one
	}
	if recorded != nil {
		if !o.set.Changed("method") {
			if len(recorded.Methods) > 1 {
				return c, nil, exit.Usagef("there are runs of %s: want the directory of one, or --method", strings.Join(
					recorded.Methods, ", "))
			}
			c.Methods = recorded.Methods
		}
		if !o.set.Changed("seed") {
			c.Seed = recorded.Seed
		}
	}
	recipes, err = o.run.Plan(o.recipe, recorded, &c)
	return c, recipes, err
}
