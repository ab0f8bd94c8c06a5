// Package train is the command xsam train: one run, and its summary.
package train

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// options are the flags of xsam train.
type options struct {
	stdout, stderr io.Writer

	recipe *flags.Recipe
	run    flags.Run
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
  xsam train --resume --out runs        go on with what was interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
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
	o.recipe.Choices["method"] = parameter.MethodNames()
	return slices.Concat([]flags.Group{group}, o.recipe.Groups, []flags.Group{o.run.Group()})
}

// run makes the run and prints its summary.
func run(ctx context.Context, o *options) error {
	if err := o.run.Validate(); err != nil {
		return err
	}
	recipes, err := o.run.Plan(o.recipe, []string{o.method}, o.seed, 1)
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
	dir := recipe.Dirs(out, recipes)[0]
	bar := progress.New(o.stderr, o.run.Quiet)
	summary, err := experiment.Run(ctx, engine, r, dir, o.run.Options(bar))
	bar.Clear()
	if err != nil {
		return flags.HowToResume(err, "train", out, 0, 1)
	}
	return printSummary(o.stdout, o.run.Format, summary, dir)
}
