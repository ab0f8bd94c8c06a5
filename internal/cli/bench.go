package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

// benchFlags are the flags of xsam bench.
type benchFlags struct {
	recipe          *recipeFlags
	options         stepcost.Options
	methods         string
	image           string
	classes         int
	backend, format string
	quiet, memory   bool
}

func newBench(stdout, stderr io.Writer) *cobra.Command {
	f := &benchFlags{recipe: newRecipeFlags()}
	f.recipe.choices["methods"] = parameter.MethodNames()
	f.recipe.choices["format"] = formats
	f.recipe.choices["data"] = append([]string{stepcost.RandomData}, datasets.Names()...)
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
		RunE: func(cmd *cobra.Command, _ []string) error { return f.bench(cmd, stdout, stderr) },
	}
	attach(cmd, f.groups(), f.recipe.choices)
	return cmd
}

// groups returns the flags: those of bench, and those that make up a recipe as far as they have to do with the cost
// of a step.
func (f *benchFlags) groups() []group {
	what := pflag.NewFlagSet("what", pflag.ContinueOnError)
	what.StringVar(&f.methods, "methods", strings.Join(parameter.MethodNames(), ","),
		"`list` of methods; one may carry settings of its own: xsam:refresh-every=10\n")
	what.IntVar(&f.options.Rounds, "rounds", 20, "`number` of turns of each method; intervals take 6 at least")
	what.IntVar(&f.options.Steps, "steps", 5, "timed `steps` of a turn, made up to whole cycles of the method's schedule")
	what.IntVar(&f.options.Warmup, "warmup", 2, "untimed `cycles` at the start")
	what.BoolVar(&f.memory, "memory", false,
		"measure memory too: what lives between steps, what XLA plans for a step, and the peak (Linux) of\neach method "+
			"in a process of its own")

	data := pflag.NewFlagSet("data", pflag.ContinueOnError)
	data.StringVar(&f.recipe.data, "data", stepcost.RandomData,
		"images: "+stepcost.RandomData+", or a data `set`: "+strings.Join(datasets.Names(), ", "))
	f.pick(data, "data-dir")
	data.StringVar(&f.image, "image", "16x16x1", "`size` of random images, height x width x channels")
	data.IntVar(&f.classes, "classes", 10, "`number` of classes of random images")
	f.pick(data, "model", "batch", "dtype")
	for name, usage := range map[string]string{
		"model": "`model`: " + strings.Join(f.recipe.choices["model"], ", ") + ",\nor " + models.Deep +
			": mlp-12x256 has 12 hidden layers of 256 units\n(default cnn; with --data that of xsam compare)",
		"batch": "`number` of images of a step (default 64; with --data that of xsam compare)",
	} {
		data.Lookup(name).Usage = usage
	}

	base := pflag.NewFlagSet("base", pflag.ContinueOnError)
	f.pick(base, "base", "momentum", "nesterov", "weight-decay", "decay-all", "clip")

	running := pflag.NewFlagSet("running", pflag.ContinueOnError)
	running.StringVar(&f.backend, "backend", "",
		"`engine`: auto, xla, go, cuda, or the path of a PJRT plugin (default $GOMLX_BACKEND, else auto)")
	running.IntVar(&f.options.Devices, "devices", 1, "`number` of devices over which each batch is spread")
	running.StringVar(&f.format, "format", "table", "`format` of the result: table, json, csv")
	running.BoolVar(&f.quiet, "quiet", false, "no progress")

	method := slices.IndexFunc(f.recipe.groups, func(g group) bool { return g.flags.Lookup("rho") != nil })
	return []group{
		{"What is measured", what}, {"Data and model", data},
		{"Base optimizer (what is done with the gradient of the method)", base},
		f.recipe.groups[method], {"Running", running},
	}
}

// pick adds flags of a recipe to flags.
func (f *benchFlags) pick(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		for _, g := range f.recipe.groups {
			if flag := g.flags.Lookup(name); flag != nil {
				flags.AddFlag(flag)
			}
		}
	}
}

// bench measures and prints the result. When it is interrupted it prints what the finished rounds say.
func (f *benchFlags) bench(cmd *cobra.Command, stdout, stderr io.Writer) error {
	recipes, err := f.plan(cmd)
	if err != nil {
		return err
	}
	set, err := f.images(recipes[0])
	if err != nil {
		return err
	}
	result, err := f.measure(cmd, recipes, set, stderr)
	if result == nil {
		return err
	}
	if f.memory && err == nil {
		err = f.measureMemory(cmd, result, stderr)
	}
	return errors.Join(err, f.print(result, stdout, stderr))
}

// measure opens the engine and times the methods on it.
func (f *benchFlags) measure(cmd *cobra.Command, recipes []recipe.Recipe, set *datasets.Set,
	stderr io.Writer) (*stepcost.Result, error) {
	options := backend.Options{Name: f.backend, Out: stderr, Terminal: isTerminal(stderr), Devices: f.options.Devices}
	if f.quiet {
		options.Out = nil
	}
	engine, err := backend.Open(cmd.Context(), options)
	if err != nil {
		return nil, err
	}
	defer engine.Finalize()
	bar := newBenchProgress(stderr, f.quiet)
	defer bar.clear()
	o := f.options
	o.Progress = bar.show
	return stepcost.Run(cmd.Context(), engine, recipes, set, o)
}

// plan checks the flags and returns a recipe for each method.
func (f *benchFlags) plan(cmd *cobra.Command) ([]recipe.Recipe, error) {
	if !slices.Contains(formats, f.format) {
		return nil, usageError{fmt.Errorf("--format %q: want one of %s", f.format, strings.Join(formats, ", "))}
	}
	for name, value := range map[string]int{"rounds": f.options.Rounds, "steps": f.options.Steps,
		"warmup": f.options.Warmup} {
		if value < 1 {
			return nil, usageError{fmt.Errorf("--%s %d: want 1 or more", name, value)}
		}
	}
	methods := strings.Split(f.methods, ",")
	if i := slices.IndexFunc(methods, func(m string) bool { return count(methods, m) > 1 }); i >= 0 {
		return nil, usageError{fmt.Errorf("--methods names %s twice", methods[i])}
	}
	common, err := f.recipe.common(cmd, methods)
	if err != nil {
		return nil, err
	}
	base := f.recipe.recipe(cmd)
	base.Schedule = "constant"
	recipes, err := recipe.Plan(base, methods, common, 0, 1)
	if err != nil {
		return nil, usageError{err}
	}
	return recipes, f.check(cmd, recipes)
}

// check finds what is wrong with the recipes, and with flags that have to do with random images alone.
func (f *benchFlags) check(cmd *cobra.Command, recipes []recipe.Recipe) error {
	random := f.recipe.data == stepcost.RandomData
	if !random {
		for _, name := range []string{"image", "classes"} {
			if cmd.Flags().Changed(name) {
				return usageError{fmt.Errorf("--%s is about random images and has no effect with --data %s", name, f.recipe.data)}
			}
		}
	} else if cmd.Flags().Changed("data-dir") {
		return usageError{errors.New("--data-dir has no effect on random images: name a data set with --data")}
	}
	if err := stepcost.Validate(recipes); err != nil {
		return usageError{err}
	}
	_, err := f.size()
	return err
}

// size reads --image and --classes.
func (f *benchFlags) size() (size [3]int, err error) {
	var rest string
	n, _ := fmt.Sscanf(f.image+" end", "%dx%dx%d %s", &size[0], &size[1], &size[2], &rest)
	if n != 4 || rest != "end" || min(size[0], size[1], size[2]) < 1 {
		return size, usageError{fmt.Errorf("--image %q: want height x width x channels, such as 28x28x1", f.image)}
	}
	const largest = 1 << 26 // numbers of an image: 256 MB
	if max(size[0], size[1], size[2]) > largest || size[0]*size[1] > largest/size[2] {
		return size, usageError{fmt.Errorf("--image %q: want %d numbers at most", f.image, largest)}
	}
	if f.classes < 2 {
		return size, usageError{fmt.Errorf("--classes %d: want 2 or more", f.classes)}
	}
	return size, nil
}

// images returns what is trained on: a few batches are enough.
func (f *benchFlags) images(r recipe.Recipe) (*datasets.Set, error) {
	const batches = 4
	if r.Data == stepcost.RandomData {
		size, err := f.size()
		if err != nil {
			return nil, err
		}
		return stepcost.RandomImages(size[0], size[1], size[2], f.classes, batches*r.Batch, r.DataSeed), nil
	}
	split, err := datasets.Load(r.Data, datasets.Options{Dir: r.DataDir})
	if err != nil {
		return nil, err
	}
	return split.Train.First(min(batches*r.Batch, split.Train.Len())), nil
}
