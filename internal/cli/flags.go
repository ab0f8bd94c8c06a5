package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/models"
)

// DataDirVariable is the environment variable that names the folder with data sets.
const DataDirVariable = "XSAM_DATA"

// group is a part of a command's flags under a title of its own in the help.
type group struct {
	title string
	flags *pflag.FlagSet
}

// recipeFlags are the flags that make up a recipe, and what each does to it.
type recipeFlags struct {
	groups   []group
	apply    map[string]func(*experiment.Recipe) // by flag, called when the user set it
	settings map[string]*string                  // parameters of methods, by flag
	data     string
	choices  map[string][]string // values of a flag that are known beforehand, for completion
}

// add starts a group and returns its flags.
func (f *recipeFlags) add(title string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	f.groups = append(f.groups, group{title, flags})
	return flags
}

// newRecipeFlags returns the flags that train and compare share.
func newRecipeFlags() *recipeFlags {
	f := &recipeFlags{apply: map[string]func(*experiment.Recipe){}, settings: map[string]*string{}, choices: map[string][]string{
		"data": datasets.Names(), "model": models.Names(), "dtype": experiment.DTypeNames, "base": experiment.BaseNames,
		"schedule": experiment.ScheduleNames, "refresh": {"pair", "three-point", "exact"},
		"side": {"larger-loss", "mean"}, "length": {"as-is", "unit", "clean"}, "correction": {"oriented", "projection", "explicit", "paper"},
	}}

	f.addData("Data")

	training := f.add("Model and training")
	field(f, training.String, "model", "", "`model`: "+strings.Join(models.Names(), ", ")+"\n(default "+byData(func(r experiment.Recipe) any { return r.Model })+")", func(r *experiment.Recipe) *string { return &r.Model })
	field(f, training.Int, "epochs", 0, "`number` of passes over the training images\n(default "+byData(func(r experiment.Recipe) any { return r.Epochs })+")", func(r *experiment.Recipe) *int { return &r.Epochs })
	field(f, training.Int, "batch", 0, "`number` of images of a step (default "+byData(func(r experiment.Recipe) any { return r.Batch })+")", func(r *experiment.Recipe) *int { return &r.Batch })
	field(f, training.Int, "accumulate", 0, "`number` of micro-batches into which a batch is cut, to save memory (default 1)", func(r *experiment.Recipe) *int { return &r.Accumulate })
	field(f, training.String, "dtype", "", "`type` of weights and activations: float32, float64; or bfloat16, for activations\nalone, with all else in float32 (default float32)", func(r *experiment.Recipe) *string { return &r.DType })

	base := f.add("Base optimizer (what is done with the gradient of the method)")
	field(f, base.String, "base", "", "`optimizer`: sgd, adam, adamw (default sgd)", func(r *experiment.Recipe) *string { return &r.Optimizer })
	field(f, base.Float64, "lr", 0, "highest learning `rate` (default "+byData(func(r experiment.Recipe) any { return r.LearningRate })+")", func(r *experiment.Recipe) *float64 { return &r.LearningRate })
	field(f, base.String, "schedule", "", "learning rate `schedule`: constant, cosine (to 0), step (a tenth after 50 %\nand after 75 %) (default cosine)", func(r *experiment.Recipe) *string { return &r.Schedule })
	field(f, base.Int, "lr-warmup", 0, "`steps` over which the learning rate rises at the start (default 0)", func(r *experiment.Recipe) *int { return &r.WarmupSteps })
	field(f, base.Float64, "momentum", 0, "`momentum` of sgd (default 0.9)", func(r *experiment.Recipe) *float64 { return &r.Momentum })
	field(f, base.Bool, "nesterov", false, "Nesterov's form of momentum", func(r *experiment.Recipe) *bool { return &r.Nesterov })
	field(f, base.Float64, "weight-decay", 0, "weight `decay` of sgd and adamw\n(default "+byData(func(r experiment.Recipe) any { return r.WeightDecay })+")", func(r *experiment.Recipe) *float64 { return &r.WeightDecay })
	field(f, base.Bool, "decay-all", true, "decay biases and the scales and offsets of norms too", func(r *experiment.Recipe) *bool { return &r.DecayBiasesAndNorms })
	field(f, base.Float64, "clip", 0, "largest `norm` of the gradient (default: no limit)", func(r *experiment.Recipe) *float64 { return &r.Clip })

	method := f.add("Method (each flag acts on the methods that have it)")
	f.setting(method, "rho", "`radius` ρ of the ascent of all methods that ascend (default 0.05; asam 0.5)")
	f.setting(method, "alpha", "`strength` α of xsam's correction, 0 to 2 (default 1; xsam-paper 0.2)")
	f.setting(method, "local-ascent", "`true` for an ascent of each micro-batch's own, SAM on the m-sharpness (default false)")
	f.setting(method, "ascent-every", "an ascent every so many `steps` (default 1; looksam 5)")
	f.setting(method, "reuse", "`share` of the gradient's length at which steps between two ascents reuse the last one\n(default 0; looksam 0.7)")
	f.setting(method, "alpha-warmup", "`steps` over which α rises (default 0)")
	f.setting(method, "refresh-every", "a new estimate of the sharpest direction every so many `steps` (default 5;\nxsam-paper and nsam, which is plain SAM before, 3)")
	f.setting(method, "refresh-most", "adapt that number to how fast the direction turns, up to so many `steps` (default 0: do not)")
	f.setting(method, "refresh-tolerance", "`change` of direction and λ, relative, at which the number still grows")
	f.setting(method, "warmup-refreshes", "`number` of estimates before the correction begins (default 5; xsam-paper 0)")
	f.setting(method, "probe-radius", "`radius` of the pair of gradients (default: ρ; xsam-lite 0.1)")
	f.setting(method, "side", "`gradient` of the pair that is taken: larger-loss, mean (default larger-loss)")
	f.setting(method, "refresh", "`way` to estimate it: pair, three-point, exact (default pair;\nxsam-paper exact)")
	f.setting(method, "power-steps", "Hessian-vector `products` of an exact estimate (default 5)")
	f.setting(method, "length", "`length` of the gradient that is corrected: as-is, unit, clean (that of the gradient at w)\n(default as-is; nsam and xsam-paper unit, ssam clean)")
	f.setting(method, "correction", "`form`: oriented, projection, explicit, paper (default oriented;\nxsam-paper paper)")
	f.setting(method, "eta", "`offset` η of asam's units (default 0.01)")

	measure := f.add("Measurement")
	field(f, measure.Int, "eval-every", 0, "`epochs` between evaluations on all training and test images; 0: at the end\n(default "+byData(func(r experiment.Recipe) any { return r.EvaluateEvery })+")", func(r *experiment.Recipe) *int { return &r.EvaluateEvery })
	field(f, measure.Int, "lambda-examples", 0, "`number` of training images on which λmax is measured at the end; 0: all\n(default "+byData(func(r experiment.Recipe) any { return size(r.LambdaExamples) })+")", func(r *experiment.Recipe) *int { return &r.LambdaExamples })
	field(f, measure.Int, "lambda-products", 0, "largest `number` of Hessian-vector products for it; 0: do not measure it\n(default 200)", func(r *experiment.Recipe) *int { return &r.LambdaProducts })
	return f
}

// addData adds the group of flags about the images.
func (f *recipeFlags) addData(title string) *pflag.FlagSet {
	data := f.add(title)
	data.StringVar(&f.data, "data", "glyphs", "data `set`: "+strings.Join(datasets.Names(), ", ")+"; glyphs is drawn on the fly,\nthe others are read from --data-dir")
	field(f, data.String, "data-dir", "", "`folder` with the files of the data set (default $"+DataDirVariable+")", func(r *experiment.Recipe) *string { return &r.DataDir })
	field(f, data.Int, "train-size", 0, "`number` of training images (default "+byData(func(r experiment.Recipe) any { return size(r.TrainSize) })+")", func(r *experiment.Recipe) *int { return &r.TrainSize })
	field(f, data.Int, "test-size", 0, "`number` of test images (default "+byData(func(r experiment.Recipe) any { return size(r.TestSize) })+")", func(r *experiment.Recipe) *int { return &r.TestSize })
	field(f, data.Int, "validation-size", 0, "`number` of images to hold out of those that could be trained on; accuracy is measured on them,\nand not on the test images (default 0)", func(r *experiment.Recipe) *int { return &r.ValidationSize })
	field(f, data.Float64, "label-noise", 0, "`share` of training labels replaced by a random one\n(default "+byData(func(r experiment.Recipe) any { return r.LabelNoise })+")", func(r *experiment.Recipe) *float64 { return &r.LabelNoise })
	field(f, data.Bool, "augment", false, "shift and mirror training images", func(r *experiment.Recipe) *bool { return &r.Augment })
	field(f, data.Int64, "data-seed", 0, "`seed` of the choice of images and of the label noise; the same for all runs", func(r *experiment.Recipe) *int64 { return &r.DataSeed })
	return data
}

// byData describes a default that depends on the data set.
func byData(value func(experiment.Recipe) any) string {
	glyphs, digits, images := value(experiment.Defaults("glyphs")), value(experiment.Defaults("digits")), value(experiment.Defaults("mnist"))
	switch {
	case glyphs == digits && digits == images:
		return fmt.Sprint(images)
	case glyphs == digits:
		return fmt.Sprintf("%v for glyphs and digits, else %v", glyphs, images)
	case digits == images:
		return fmt.Sprintf("%v for glyphs, else %v", glyphs, images)
	case glyphs == images:
		return fmt.Sprintf("%v, for digits %v", images, digits)
	default:
		return fmt.Sprintf("%v for glyphs, %v for digits, else %v", glyphs, digits, images)
	}
}

// size names a number of images of which 0 stands for all.
func size(n int) string {
	if n == 0 {
		return "all"
	}
	return fmt.Sprint(n)
}

// field adds a flag that sets one field of the recipe; make is a method of the flag set, such as flags.Int.
func field[T any](f *recipeFlags, make func(name string, value T, usage string) *T, name string, zero T, usage string, of func(*experiment.Recipe) *T) {
	value := make(name, zero, usage)
	f.apply[name] = func(r *experiment.Recipe) { *of(r) = *value }
}

// setting adds a flag for a parameter of methods.
func (f *recipeFlags) setting(flags *pflag.FlagSet, name, usage string) {
	f.settings[name] = flags.String(name, "", usage)
}

// recipe returns the defaults of the data set with the flags that the user set laid over them.
func (f *recipeFlags) recipe(cmd *cobra.Command) experiment.Recipe {
	r := experiment.Defaults(f.data)
	r.DataDir = os.Getenv(DataDirVariable)
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if apply, ok := f.apply[flag.Name]; ok {
			apply(&r)
		}
	})
	return r
}

// common returns the parameters of methods that the user set. It fails when none of the methods has one of them: a flag
// without effect is a mistake.
func (f *recipeFlags) common(cmd *cobra.Command, methods []string) (experiment.Settings, error) {
	chosen := experiment.Settings{}
	for name, value := range f.settings {
		if !cmd.Flags().Changed(name) {
			continue
		}
		if !slices.ContainsFunc(methods, func(m string) bool { return experiment.HasSetting(m, name) }) {
			return nil, usageError{fmt.Errorf("--%s has no effect on %s", name, strings.Join(methods, ", "))}
		}
		chosen[name] = *value
	}
	return chosen, nil
}

// attach puts the groups' flags on a command, under their titles in its help, with completion of known values.
func attach(cmd *cobra.Command, groups []group, choices map[string][]string) {
	for _, g := range groups {
		g.flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.flags)
	}
	for name, values := range choices {
		if cmd.Flags().Lookup(name) != nil {
			// The error would be about a flag that does not exist.
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
		if cmd.HasExample() {
			fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
		}
		for _, g := range groups {
			fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsages())
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
		return err
	})
}
