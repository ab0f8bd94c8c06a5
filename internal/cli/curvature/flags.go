package curvature

import (
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/recipe"
)

// groups returns the flags, and notes the values of them that are known beforehand.
func (o *options) groups() []flags.Group {
	for name, values := range map[string][]string{
		"checkpoint": {"last", "init", "all"}, "measure": measure.Names, "norm": measure.NormNames,
		"operator": measure.OperatorNames, "method": measure.ProductNames, "landscape": measure.LandscapeNames,
	} {
		o.recipe.Choices[name] = values
	}
	return []flags.Group{o.whatGroup(), o.lossGroup(), o.effortGroup(), o.landscapeGroup(), o.freshGroup(),
		o.runningGroup()}
}

func (o *options) whatGroup() flags.Group {
	group := flags.NewGroup("What is measured")
	set := group.Flags
	set.StringVar(&o.checkpoint, "checkpoint", "last",
		"`weights`: last, init (fresh ones of the run's seed), epoch:N (kept by --keep-every of train and compare), "+
			"all (every one that was kept, and last)")
	set.StringVar(&o.list, "measure", strings.Join(o.measure.Measures, ","),
		"`list` out of "+strings.Join(measure.Names, ", "))
	set.StringVar(&o.measure.Operator, "operator", o.measure.Operator,
		"`matrix`: hessian, gauss-newton, fisher (empirical), adam (the Hessian as Adam's scales see it)")
	set.StringVar(&o.measure.Method, "method", o.measure.Method,
		"`way` to multiply with the Hessian: exact, difference (of gradients; wrong where the model has kinks: compare)")
	return group
}

func (o *options) lossGroup() flags.Group {
	group := flags.NewGroup("Of which loss")
	set := group.Flags
	set.IntVar(&o.measure.Examples, "examples", 0,
		"`number` of training images, the first ones in the order that --data-seed draws; 0: all (default: those on "+
			"which the run measures λmax)")
	set.IntVar(&o.measure.Batch, "batch", 0,
		"`number` of images of a batch (default: that of the run's λmax); it matters with --norm batch and for memory")
	set.StringVar(&o.measure.Norm, "norm", o.measure.Norm,
		"batch norm: batch (`statistics` of each batch, as in training), running (averages, as in evaluation)")
	return group
}

func (o *options) effortGroup() flags.Group {
	m := &o.measure
	group := flags.NewGroup("How far")
	group.Rare = []string{"rho", "seed"}
	set := group.Flags
	set.IntVar(&m.Top, "top", m.Top, "`number` of eigenvalues, the largest")
	set.Float64Var(&m.Tolerance, "tolerance", m.Tolerance, "relative `residual` at which an eigenvalue has converged")
	set.IntVar(&m.MaxProducts, "max-products", m.MaxProducts,
		"largest `number` of matrix-vector products in a search for eigenvalues")
	set.IntVar(&m.Probes, "probes", m.Probes, "`number` of products for the trace, and for the Frobenius norm")
	set.IntVar(&m.DensitySteps, "density-steps", m.DensitySteps, "Lanczos `steps` of a probe of the density")
	set.IntVar(&m.DensityProbes, "density-probes", m.DensityProbes, "`number` of probes of the density")
	set.Float64Var(&m.Rho, "rho", m.Rho, "`radius` of SAM's ball for sharpness")
	set.Float64Var(&m.AdaptiveRho, "adaptive-rho", m.AdaptiveRho, "`radius` of ASAM's ball, in units of the weights")
	set.Int64Var(&m.Seed, "seed", m.Seed, "`seed` of the random vectors")
	return group
}

func (o *options) landscapeGroup() flags.Group {
	m := &o.measure
	group := flags.NewGroup("Landscape")
	set := group.Flags
	set.StringVar(&m.Landscape, "landscape", m.Landscape,
		"`plane` of --measure landscape: eigenvectors (the top two), filter (two random filter-normalised directions), "+
			"line (from --from), pca (of the path of training; needs --keep-every of train), runs (through the last "+
			"weights of all methods of the seed)")
	set.StringVar(&m.From, "from", m.From, "`weights` where a line begins: init or epoch:N")
	set.IntVar(&m.Grid, "grid", m.Grid, "`number` of points along each axis")
	set.Float64Var(&m.Span, "span", m.Span,
		"`distance` from the weights to the edge; for line, pca and runs the share of their extent added beyond its ends "+
			"(default 1; line 0.5, pca and runs 0.25)")
	return group
}

func (o *options) freshGroup() flags.Group {
	o.fresh = o.recipe.AddData("Fresh weights")
	o.recipe.AddFields(o.fresh, recipe.TrainingGroup, "model", "model-dir", "weights", "weights-dir", "init", "freeze",
		"train", "head", "dtype")
	o.fresh.Int64Var(&o.seed, "weights-seed", 0, "`seed` of the weights")
	return flags.Group{Flags: o.fresh, Rare: []string{"train-size", "label-noise", "augment"},
		Title: "Fresh weights, without RUN_DIR (with it --data-dir, --model-dir and --weights-dir say where files are)"}
}

func (o *options) runningGroup() flags.Group {
	group := flags.NewGroup("Running")
	set := group.Flags
	o.engine.Add(set)
	flags.AddFormat(set, &o.format, flags.TableFormats)
	set.StringVar(&o.plots, "plots", "", "`folder` for pictures, PNG, SVG and PDF (default: none)")
	addPlotSize(set, o)
	set.BoolVar(&o.measure.Again, "force", false, "measure again what is recorded")
	flags.AddQuiet(set, &o.quiet)
	return group
}
