// Package advise is the command xsam advise: what a few short runs say about a training.
package advise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
)

// options are the flags of xsam advise.
type options struct {
	stdout, stderr io.Writer

	recipe *flags.Recipe
	run    flags.Run
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, recipe: flags.NoRecipe()}
	cmd := &cobra.Command{
		Use:   "advise [flags]",
		Short: "Say from a few short runs which settings a training may want",
		Long: `Advise makes eight short runs, a tenth of the training each and sixty steps at least: SGD at its learning
rate, at a third and at three times of it, and X-SAM lite, from two seeds. They train on a part of the training
examples and are judged by the others; nothing is evaluated on the test examples. It says what they tell, each time
with the number that it rests on, or that they do not tell.`,
		Example: `  xsam advise
  xsam advise --data csv:iris.csv --label species
  xsam advise --data fashion-mnist --data-dir DIR --model resnet8 --train-size 5000 --format json
  xsam compare --lr auto --rho auto     take what it would say`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	flags.Attach(cmd, o.groups(), o.recipe.Choices)
	return cmd
}

// groups returns the flags.
func (o *options) groups() []flags.Group {
	o.recipe.AddData(recipe.DataGroup)
	for _, title := range []string{recipe.TrainingGroup, recipe.BaseGroup} {
		o.recipe.AddFields(o.recipe.Add(title), title)
	}
	group := flags.NewGroup("Running")
	set := group.Flags
	o.run.Engine.Add(set)
	set.StringVar(&o.run.Out, "out", "",
		"`folder` in which the records of the short runs are kept (default: they are not)")
	flags.AddFormat(set, &o.run.Format, flags.ListFormats)
	flags.AddQuiet(set, &o.run.Quiet)
	set.BoolVar(&o.run.Resume, "resume", false, "go on with the short runs in --out")
	o.run.AddForce(set)
	return append(o.recipe.Groups, group)
}

// run makes the short runs and prints the advice.
func run(ctx context.Context, o *options) (err error) {
	if err := flags.CheckFormat(o.run.Format, flags.ListFormats); err != nil {
		return err
	}
	if err := o.run.CheckExisting(); err != nil {
		return err
	}
	if o.run.Resume && o.run.Out == "" {
		return exit.Usagef("--resume without --out: want the folder that --out kept")
	}
	c := recipe.Comparison{Methods: []string{"sgd", "xsam-lite"}, Seeds: 1}
	recipes, err := o.run.Plan(o.recipe, nil, &c)
	if err != nil {
		return err
	}
	out := o.run.Out
	if out == "" {
		if out, err = os.MkdirTemp("", "xsam-advise-"); err != nil {
			return fmt.Errorf("advise: a folder for the short runs: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(out)) }()
	}
	engine, err := o.run.Open(ctx, o.stderr, o.run.Quiet)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	flags.PrintNotes(o.stderr, recipes[0], o.run.Quiet)
	bar := progress.New(o.stderr, o.run.Quiet)
	a, err := advice.Run(ctx, engine, c.Recipe, filepath.Join(out, advice.Folder), o.run.Options(bar))
	bar.Clear()
	if err != nil {
		return flags.HowToGoOn(err, "with --out DIR the short runs are kept, and --resume goes on with them")
	}
	if o.run.Format == "json" {
		return show.JSON(o.stdout, a)
	}
	return a.WriteText(o.stdout)
}
