package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/recipe"
)

// curvatureFlags are the flags of xsam curvature.
type curvatureFlags struct {
	recipe     *recipeFlags // of fresh weights
	fresh      *pflag.FlagSet
	seed       int64
	run        runFlags
	options    measure.Options
	checkpoint string
	measures   string
	plots      string
}

// curvatureLong is the explanation at the top of the help.
const curvatureLong = "" +
	`Curvature measures the loss of a trained model around its weights: RUN_DIR is a folder that xsam train or
xsam compare wrote, <out>/<method>-seed<k>. Without one it measures fresh weights of --model on --data.

  spectrum    the largest eigenvalues of the Hessian, by Lanczos, with their residuals ‖Hv − λv‖/|λ|
  trace       by Hutch++, with a standard error
  frobenius   ‖H‖_F, the root of the sum of the squared eigenvalues, with a standard error
  density     how the eigenvalues are spread, by stochastic Lanczos quadrature
  angle       between the gradient and the top eigenvectors
  sharpness   the rise of the loss within the balls of SAM, of ASAM, and of SAM batch by batch
  layers      λmax of the block of the Hessian that belongs to each layer
  landscape   the loss over a plane through the weights, or along a line

Every number comes with what it cost and with how far it can be trusted. Each is appended to RUN_DIR/curvature.jsonl as
soon as it is there, and taken from there by a later call with the same settings: so a call that was interrupted goes
on. A density keeps the probes that it has, a landscape its rows; any other measurement that was going on is repeated.`

func newCurvature(stdout, stderr io.Writer) *cobra.Command {
	f := &curvatureFlags{recipe: &recipeFlags{apply: map[string]func(*recipe.Recipe){}, choices: newRecipeFlags().choices}}
	f.options = measure.DefaultOptions(recipe.Recipe{})
	cmd := &cobra.Command{
		Use:   "curvature [RUN_DIR] [flags]",
		Short: "Measure the curvature of the loss at saved weights: eigenvalues, trace, density, landscape",
		Long:  curvatureLong,
		Example: `  xsam curvature runs/xsam-seed0
  xsam curvature runs/xsam-seed0 --checkpoint all --plots pictures
  xsam curvature runs/xsam-seed0 --measure density,layers,landscape --landscape filter
  xsam curvature --data glyphs --model cnn     fresh weights`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.curvature(cmd, args, stdout, stderr) },
	}
	groups := []group{f.whatGroup(), f.lossGroup(), f.effortGroup(), f.landscapeGroup(), f.freshGroup(), f.runningGroup()}
	for name, values := range map[string][]string{
		"checkpoint": {"last", "init", "all"}, "measure": measure.Names, "norm": measure.NormNames,
		"operator": measure.OperatorNames,
		"method":   measure.ProductNames, "landscape": measure.LandscapeNames, "format": formats,
	} {
		f.recipe.choices[name] = values
	}
	attach(cmd, groups, f.recipe.choices)
	return cmd
}

func (f *curvatureFlags) whatGroup() group {
	flags := pflag.NewFlagSet("what", pflag.ContinueOnError)
	flags.StringVar(&f.checkpoint, "checkpoint", "last",
		"`weights`: last, init (fresh ones of the run's seed), epoch:N (kept by --keep-every of\ntrain and compare), "+
			"all (every one that was kept, and last)")
	flags.StringVar(&f.measures, "measure", strings.Join(f.options.Measures, ","),
		"`list` out of "+strings.Join(measure.Names, ", ")+"\n")
	flags.StringVar(&f.options.Operator, "operator", f.options.Operator,
		"`matrix`: hessian, gauss-newton, fisher (empirical), adam (the Hessian as Adam's\nscales see it)")
	flags.StringVar(&f.options.Method, "method", f.options.Method,
		"`way` to multiply with the Hessian: exact, difference (of gradients; wrong where\nthe model has kinks: compare)")
	return group{"What is measured", flags}
}

func (f *curvatureFlags) lossGroup() group {
	flags := pflag.NewFlagSet("loss", pflag.ContinueOnError)
	flags.IntVar(&f.options.Examples, "examples", 0,
		"`number` of training images, the first ones; 0: all (default: those on which the run\nmeasures λmax)")
	flags.IntVar(&f.options.Batch, "batch", 0,
		"`number` of images of a batch (default: that of the run's λmax); it matters with\n--norm batch and for memory")
	flags.StringVar(&f.options.Norm, "norm", f.options.Norm,
		"batch norm: batch (`statistics` of each batch, as in training), running (averages,\nas in evaluation)")
	return group{"Of which loss", flags}
}

func (f *curvatureFlags) effortGroup() group {
	o := &f.options
	flags := pflag.NewFlagSet("effort", pflag.ContinueOnError)
	flags.IntVar(&o.Top, "top", o.Top, "`number` of eigenvalues, the largest")
	flags.Float64Var(&o.Tolerance, "tolerance", o.Tolerance, "relative `residual` at which an eigenvalue has converged")
	flags.IntVar(&o.MaxProducts, "max-products", o.MaxProducts,
		"largest `number` of matrix-vector products in a search for eigenvalues")
	flags.IntVar(&o.Probes, "probes", o.Probes, "`number` of products for the trace, and for the Frobenius norm")
	flags.IntVar(&o.DensitySteps, "density-steps", o.DensitySteps, "Lanczos `steps` of a probe of the density")
	flags.IntVar(&o.DensityProbes, "density-probes", o.DensityProbes, "`number` of probes of the density")
	flags.Float64Var(&o.Rho, "rho", o.Rho, "`radius` of SAM's ball for sharpness")
	flags.Float64Var(&o.AdaptiveRho, "adaptive-rho", o.AdaptiveRho, "`radius` of ASAM's ball, in units of the weights")
	flags.Int64Var(&o.Seed, "seed", o.Seed, "`seed` of the random vectors")
	return group{"How far", flags}
}

func (f *curvatureFlags) landscapeGroup() group {
	o := &f.options
	flags := pflag.NewFlagSet("landscape", pflag.ContinueOnError)
	flags.StringVar(&o.Landscape, "landscape", o.Landscape,
		"`plane` of --measure landscape: eigenvectors (the top two), filter (two random\nfilter-normalised directions), "+
			"line (from --from), pca (of the path of training;\nneeds --keep-every of train)")
	flags.StringVar(&o.From, "from", o.From, "`weights` where a line begins: init or epoch:N")
	flags.IntVar(&o.Grid, "grid", o.Grid, "`number` of points along each axis")
	flags.Float64Var(&o.Span, "span", o.Span,
		"`distance` from the weights to the edge; for line and pca the share of the path added\nbeyond its ends "+
			"(default 1; line 0.5, pca 0.25)")
	return group{"Landscape", flags}
}

func (f *curvatureFlags) freshGroup() group {
	f.fresh = f.recipe.addData("Fresh weights")
	f.recipe.addFields(f.fresh, recipe.TrainingGroup, "model", "dtype")
	f.fresh.Int64Var(&f.seed, "weights-seed", 0, "`seed` of the weights")
	return group{"Fresh weights, without RUN_DIR (with it --data-dir says where the data is now)", f.fresh}
}

func (f *curvatureFlags) runningGroup() group {
	flags := pflag.NewFlagSet("running", pflag.ContinueOnError)
	flags.StringVar(&f.run.backend, "backend", "",
		"`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
	flags.StringVar(&f.run.format, "format", "table", "`format` of the result: table, json, csv")
	flags.StringVar(&f.plots, "plots", "", "`folder` for pictures, PNG and SVG (default: none)")
	flags.BoolVar(&f.run.force, "force", false, "measure again what is recorded")
	flags.BoolVar(&f.run.quiet, "quiet", false, "no progress")
	return group{"Running", flags}
}
