// Package curvature is the command xsam curvature: the loss around saved or fresh weights.
//
//	curvature.go   the measurement
//	flags.go       the flags, in their groups
//	weights.go     which weights are measured
//	quantities.go  the numbers of a measurement; edges.go: the edges of stability beside them
//	output.go      how they are printed
//	plots.go       how they are drawn
package curvature

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// options are the flags of xsam curvature.
type options struct {
	stdout, stderr io.Writer

	args       []string      // RUN_DIR, or nothing for fresh weights
	recipe     *flags.Recipe // of fresh weights
	fresh      *pflag.FlagSet
	seed       int64
	checkpoint string
	list       string // of the measures
	measure    measure.Options
	engine     flags.Engine
	format     string
	plots      string
	plotSize   plots.Size
	quiet      bool
	given      *pflag.FlagSet // as the user gave them
}

// long is the explanation at the top of the help.
const long = "" +
	`Curvature measures the loss of a trained model around its weights: RUN_DIR is a folder that xsam train or
xsam compare wrote, <out>/<method>-seed<k>. Without one it measures fresh weights of --model on --data.

  spectrum    the largest eigenvalues of the Hessian, by Lanczos, with their residuals ‖Hv − λv‖/|λ|
  trace       by Hutch++, with a standard error
  frobenius   ‖H‖_F, the root of the sum of the squared eigenvalues, with a standard error
  density     how the eigenvalues are spread, by stochastic Lanczos quadrature
  angle       between the gradient and the top eigenvectors
  sharpness   the rise of the loss within the balls of SAM, of ASAM, and of SAM batch by batch
  layers      λmax of the block of the Hessian that belongs to each layer
  landscape   the loss over a plane through the weights, or along a line; of all methods in one plane with the
              folder of a comparison in place of RUN_DIR and --landscape runs

Every number comes with what it cost and with how far it can be trusted. Each is appended to RUN_DIR/curvature.jsonl as
soon as it is there, and taken from there by a later call with the same settings: so a call that was interrupted goes
on. A density keeps the probes that it has, a landscape its rows; any other measurement that was going on is repeated.`

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, recipe: flags.NoRecipe(),
		measure: measure.DefaultOptions(recipe.Recipe{})}
	cmd := &cobra.Command{
		Use:   "curvature [RUN_DIR] [flags]",
		Short: "Measure the curvature of the loss at saved weights: eigenvalues, trace, density, landscape",
		Long:  long,
		Example: `  xsam curvature runs/xsam-seed0
  xsam curvature runs/xsam-seed0 --checkpoint all --plots pictures
  xsam curvature runs/xsam-seed0 --measure density,layers,landscape --landscape filter
  xsam curvature runs --measure landscape --landscape runs --plots pictures
  xsam curvature --data glyphs --model cnn     fresh weights`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.args = args
			return run(cmd.Context(), o)
		},
	}
	o.given = cmd.Flags()
	flags.Attach(cmd, o.groups(), o.recipe.Choices)
	return cmd
}

// run measures and prints.
func run(ctx context.Context, o *options) error {
	weights, err := o.plan()
	if err != nil {
		return err
	}
	engine, err := o.engine.Open(ctx, o.stderr, o.quiet)
	if err != nil {
		return err
	}
	defer engine.Finalize()

	flags.PrintNotes(o.stderr, weights.recipe, o.quiet)
	bar := progress.New(o.stderr, o.quiet)
	o.measure.Warn = bar.Warn
	o.measure.Progress = func(p measure.Progress) { bar.Show(1, int(parts*p.Share), parts, measuring(p)) }
	for _, p := range weights.problems {
		bar.Warn(p)
	}
	done, err := measure.Run(ctx, engine, weights.recipe, weights.dir, weights.states, o.measure)
	bar.Clear()
	if err == nil && len(done) == 0 {
		return errors.New("nothing has been measured: the warnings say why")
	}
	if interrupted := ctx.Err() != nil && weights.dir != ""; len(done) > 0 && !interrupted { // else they are recorded
		err = errors.Join(err, printMeasurements(o.stdout, o.format, weights, done))
	}
	if err != nil {
		return howToGoOn(ctx, err, weights.dir, len(done))
	}
	if o.plots != "" {
		if err := o.draw(weights, done); err != nil {
			return err
		}
	}
	for _, m := range done {
		if fruitless(m) {
			return fmt.Errorf("%s: no eigenvalue has converged in %d products (%s): allow more with --max-products, or "+
				"take a larger --tolerance", m.Measure, m.Products, m.Reason)
		}
	}
	return nil
}

// draw draws the measurements, and says where.
func (o *options) draw(weights measuredRun, done []runlog.Measurement) error {
	files, err := draw(o, weights, done)
	if err == nil && o.format == "table" {
		_, err = fmt.Fprintf(o.stdout, "%d pictures in %s\n", len(files), show.Path(o.plots))
	}
	return err
}

// parts is the length of the bar, one for all measurements.
const parts = 1000

// measuring is one line about a measurement that goes on.
func measuring(p measure.Progress) string {
	line := fmt.Sprintf("[%d/%d] %s  %s  %d products", p.Number, p.Count, p.Weights, p.Measure, p.Products)
	if p.Remaining >= 0 {
		line += "  " + show.Duration(p.Remaining) + " left"
	}
	return line
}

// howToGoOn adds to the error of measurements that did not all end what there is.
func howToGoOn(ctx context.Context, err error, dir string, done int) error {
	if dir == "" || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w\n%d finished measurements are in %s; the same command without --force goes on", err, done,
		show.Path(filepath.Join(dir, runlog.MeasurementsFile)))
}
