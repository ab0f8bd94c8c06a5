package bench

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

// groups returns the flags: those of bench, and those that make up a recipe as far as they have to do with the cost
// of a step.
func (o *options) groups() []flags.Group {
	o.recipe.Choices["methods"] = parameter.MethodNames()
	o.recipe.Choices["data"] = append([]string{stepcost.RandomData}, datasets.Names()...)

	base := flags.NewGroup("Base optimizer (what is done with the gradient of the method)")
	o.pick(base.Flags, "base", "momentum", "nesterov", "weight-decay", "decay-all", "clip")
	method := slices.IndexFunc(o.recipe.Groups, func(g flags.Group) bool { return g.Flags.Lookup("rho") != nil })
	return []flags.Group{o.what(), o.data(), base, o.recipe.Groups[method], o.running()}
}

// what returns the flags about what is measured.
func (o *options) what() flags.Group {
	group := flags.NewGroup("What is measured")
	what := group.Flags
	what.StringVar(&o.list, "methods", strings.Join(parameter.MethodNames(), ","),
		"`list` of methods; one may carry settings of its own: xsam:refresh-every=10\n")
	what.IntVar(&o.bench.Rounds, "rounds", 20, "`number` of turns of each method; intervals take 6 at least")
	what.IntVar(&o.bench.Steps, "steps", 5, "timed `steps` of a turn, made up to whole cycles of the method's schedule")
	what.IntVar(&o.bench.Warmup, "warmup", 2, "untimed `cycles` at the start")
	what.BoolVar(&o.memory, "memory", false,
		"measure memory too: what lives between steps, what XLA plans for a step, and the peak (Linux) of\neach method "+
			"in a process of its own")
	return group
}

// data returns the flags about images and model.
func (o *options) data() flags.Group {
	group := flags.NewGroup("Data and model")
	data := group.Flags
	data.StringVar(&o.recipe.Data, "data", stepcost.RandomData,
		"images: "+stepcost.RandomData+", or a data `set`: "+strings.Join(datasets.Names(), ", "))
	o.pick(data, "data-dir")
	data.StringVar(&o.image, "image", "16x16x1", "`size` of random images, height x width x channels")
	data.IntVar(&o.classes, "classes", 10, "`number` of classes of random images")
	o.pick(data, "model", "batch", "dtype")
	for name, usage := range map[string]string{
		"model": "`model`: " + strings.Join(o.recipe.Choices["model"], ", ") + ",\nor " + models.Deep +
			": mlp-12x256 has 12 hidden layers of 256 units\n(default cnn; with --data that of xsam compare)",
		"batch": "`number` of images of a step (default 64; with --data that of xsam compare)",
	} {
		data.Lookup(name).Usage = usage
	}
	return group
}

// running returns the flags about how it is done.
func (o *options) running() flags.Group {
	group := flags.NewGroup("Running")
	o.engine.Add(group.Flags)
	o.engine.AddDevices(group.Flags)
	flags.AddFormat(group.Flags, &o.format, flags.TableFormats)
	flags.AddQuiet(group.Flags, &o.quiet)
	return group
}

// pick adds flags of a recipe to a set.
func (o *options) pick(set *pflag.FlagSet, names ...string) {
	for _, name := range names {
		set.AddFlag(o.recipe.Lookup(name))
	}
}

// plan checks the flags and returns a recipe for each method.
func (o *options) plan() ([]recipe.Recipe, error) {
	if err := flags.CheckFormat(o.format, flags.TableFormats); err != nil {
		return nil, err
	}
	for name, value := range map[string]int{"rounds": o.bench.Rounds, "steps": o.bench.Steps, "warmup": o.bench.Warmup} {
		if value < 1 || value > stepcost.Most {
			return nil, exit.Usagef("--%s %d: want 1 to %d", name, value, stepcost.Most)
		}
	}
	if err := o.engine.CheckDevices(); err != nil {
		return nil, err
	}
	methods, twice := flags.Methods(o.list)
	if twice != "" {
		return nil, exit.Usagef("--methods names %s twice", twice)
	}
	settings, err := o.recipe.Settings(methods)
	if err != nil {
		return nil, err
	}
	base := o.recipe.Recipe()
	base.Schedule = "constant"
	recipes, err := recipe.Plan(base, methods, settings, 0, 1)
	if err != nil {
		return nil, exit.Usage(err)
	}
	return recipes, o.check(recipes)
}

// check finds what is wrong with the recipes, and with flags that have to do with random images alone.
func (o *options) check(recipes []recipe.Recipe) error {
	random := o.recipe.Data == stepcost.RandomData
	if source, mine := own.Parse(o.recipe.Data); mine && source.Tabular() {
		return exit.Usagef("--data %s: bench has no --label that says what of a table is learnt: want random numbers of "+
			"its size: --image 1x1xCOLUMNS --classes N", o.recipe.Data)
	}
	if !random {
		for _, name := range []string{"image", "classes"} {
			if o.given.Changed(name) {
				return exit.Usagef("--%s is about random images and has no effect with --data %s", name, o.recipe.Data)
			}
		}
	} else if o.given.Changed("data-dir") {
		return exit.Usagef("--data-dir has no effect on random images: name a data set with --data")
	}
	if err := stepcost.Validate(recipes); err != nil {
		return exit.Usage(err)
	}
	_, err := o.size()
	return err
}
