// Package bench is the command xsam bench: what a training step costs with each method.
//
//	bench.go   the measurement
//	flags.go   the flags, and how they become recipes
//	images.go  what is trained on
//	memory.go  the memory of each method, in a process of its own
//	output.go  how the result is printed
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

// options are the flags of xsam bench.
type options struct {
	stdout, stderr io.Writer

	recipe        *flags.Recipe
	engine        flags.Engine
	bench         stepcost.Options
	list          string // of the methods
	image         string
	classes       int
	format        string
	quiet, memory bool
	given         *pflag.FlagSet // as the user gave them
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, recipe: flags.NewRecipe()}
	cmd := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure what a training step costs with each method",
		Long: `Bench measures the time of a training step with each method, and its ratio to SGD and to SAM, without
caring what is learnt. All methods are compiled first and then train in turn, whole cycles of their
schedule at a time, so that whatever else the machine does meets all alike. Times are medians over the
rounds, ratios are medians of the ratios within the rounds, with 95 % intervals that assume no distribution.

Without flags it takes the step of xsam compare, on random images of the same size.`,
		Example: `  xsam bench
  xsam bench --model resnet8 --image 28x28x1 --batch 128
  xsam bench --methods sgd,sam,xsam,xsam:refresh-every=10 --model mlp --rounds 50
  xsam bench --memory --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	o.given = cmd.Flags()
	flags.Attach(cmd, o.groups(), o.recipe.Choices)
	return cmd
}

// run measures and prints the result. When it is interrupted it prints what the finished rounds say.
func run(ctx context.Context, o *options) error {
	recipes, err := o.plan()
	if err != nil {
		return err
	}
	set, err := o.images(recipes[0])
	if err != nil {
		return err
	}
	result, err := o.measure(ctx, recipes, set)
	if result == nil {
		return err
	}
	if o.memory && err == nil {
		err = o.measureMemory(ctx, result)
	}
	return errors.Join(err, o.print(result))
}

// measure opens the engine and times the methods on it.
func (o *options) measure(ctx context.Context, recipes []recipe.Recipe, set *datasets.Set) (*stepcost.Result, error) {
	engine, err := o.engine.Open(ctx, o.stderr, o.quiet)
	if err != nil {
		return nil, err
	}
	defer engine.Finalize()
	bar := progress.New(o.stderr, o.quiet)
	defer bar.Clear()
	var started time.Time // of the first round
	timed := o.bench
	timed.Devices = o.engine.Devices
	timed.Progress = func(p stepcost.Progress) {
		if p.Round > 0 && started.IsZero() {
			started = time.Now()
		}
		bar.Show(1, p.Turn, p.Turns+1, turn(p, time.Since(started)))
	}
	return stepcost.Run(ctx, engine, recipes, set, timed)
}

// turn is one line about a turn of a method, so long after the first round began.
func turn(p stepcost.Progress, since time.Duration) string {
	if p.Round == 0 {
		return "compiled " + p.Method
	}
	text := fmt.Sprintf("round %d/%d  %s", p.Round, p.Rounds, p.Method)
	perRound := p.Turns / (p.Rounds + 1)
	if done := p.Turn - perRound - 1; done > 0 { // turns since the clock started
		text += "  " + show.Duration(since/time.Duration(done)*time.Duration(p.Turns-p.Turn)) + " left"
	}
	return text
}
