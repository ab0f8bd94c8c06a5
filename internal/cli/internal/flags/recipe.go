package flags

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/recipe"
)

// Recipe holds the flags that make up a recipe, and what each does to it.
type Recipe struct {
	Groups   []Group
	Choices  map[string][]string // values of a flag that are known beforehand, for completion
	Data     string              // the data set
	apply    map[string]func(*recipe.Recipe)
	settings map[string]*string // parameters of methods, by flag
}

// Add starts a group and returns its set.
func (f *Recipe) Add(title string) *pflag.FlagSet {
	f.Groups = append(f.Groups, NewGroup(title))
	return f.Groups[len(f.Groups)-1].Flags
}

// NoRecipe returns no flags, to add some to, with the choices of all.
func NoRecipe() *Recipe {
	choices := map[string][]string{
		"data": datasets.Names(), "model": models.Names(), "dtype": recipe.DTypeNames, "base": recipe.BaseNames,
		"schedule": recipe.ScheduleNames, "format": TableFormats,
	}
	for _, p := range parameter.All {
		choices[p.Name] = p.Choices
	}
	return &Recipe{Choices: choices, apply: map[string]func(*recipe.Recipe){}, settings: map[string]*string{}}
}

// NewRecipe returns the flags that train and compare share.
func NewRecipe() *Recipe {
	f := NoRecipe()
	f.AddData(recipe.DataGroup)
	for _, title := range []string{recipe.TrainingGroup, recipe.BaseGroup} {
		f.AddFields(f.Add(title), title)
	}
	method := f.Add("Method (each flag acts on the methods that have it)")
	for _, p := range parameter.All {
		f.settings[p.Name] = method.String(p.Name, "", withDefault(p.Help, p.Choices, defaultOf(p.Name)))
	}
	f.AddFields(f.Add(recipe.MeasurementGroup), recipe.MeasurementGroup)
	return f
}

// AddData adds the group of flags about the images.
func (f *Recipe) AddData(title string) *pflag.FlagSet {
	data := f.Add(title)
	data.StringVar(&f.Data, "data", "glyphs", "data `set`: "+strings.Join(datasets.Names(),
		", ")+"; glyphs is drawn on the fly, the others are read from --data-dir; or your own: "+own.Forms())
	f.AddFields(data, recipe.DataGroup)
	return data
}

// AddFields adds a flag for each field of a recipe that belongs to a group; with names, for those alone.
func (f *Recipe) AddFields(set *pflag.FlagSet, group string, names ...string) {
	for _, field := range recipe.Fields {
		if field.Group != group || len(names) > 0 && !slices.Contains(names, field.Flag) {
			continue
		}
		usage := withDefault(field.Help, f.Choices[field.Flag], byData(field))
		switch field.Of(&recipe.Recipe{}).(type) {
		case *string:
			addField(f, field, set.String(field.Flag, "", usage))
		case *int:
			addField(f, field, set.Int(field.Flag, 0, usage))
		case *int64:
			addField(f, field, set.Int64(field.Flag, 0, usage))
		case *float64:
			addField(f, field, set.Float64(field.Flag, 0, usage))
		case *bool:
			addField(f, field, set.Bool(field.Flag, false, usage))
		}
	}
}

// addField has a flag set its field where the user gave it.
func addField[T any](f *Recipe, field recipe.Field, value *T) {
	f.apply[field.Flag] = func(r *recipe.Recipe) { *field.Of(r).(*T) = *value }
}

// Lookup returns a flag, nil when there is none of the name.
func (f *Recipe) Lookup(name string) *pflag.Flag {
	for _, g := range f.Groups {
		if flag := g.Flags.Lookup(name); flag != nil {
			return flag
		}
	}
	return nil
}

// Recipe returns the defaults of data, model and base optimizer with the flags that the user set laid over them.
func (f *Recipe) Recipe() recipe.Recipe {
	r := recipe.Defaults(f.Data)
	if !IsOwn(f.Data) {
		r.DataDir = os.Getenv(DataDirVariable)
	}
	f.applyAll(&r)
	if base := f.Lookup("base"); base != nil && !base.Changed {
		r.Optimizer = recipe.UsualBase(r.Model)
	}
	r.Suit(r.TrainSize)
	f.applyAll(&r)
	return r
}

// checkBase finds flags that have no effect with the base optimizer.
func (f *Recipe) checkBase(r recipe.Recipe) error {
	for _, name := range []string{"momentum", "nesterov", "decay-all"} {
		if flag := f.Lookup(name); r.Optimizer != "sgd" && flag.Changed && flag.Value.String() != flag.DefValue {
			return exit.Usagef("--%s has no effect with --base %s", name, r.Optimizer)
		}
	}
	return nil
}

// Over returns a recorded recipe with the flags that the user set laid over it.
func (f *Recipe) Over(r recipe.Recipe) recipe.Recipe {
	if f.Lookup("data").Changed {
		r.Data, r.DataDir, r.DataHash = f.Data, "", ""
		if !IsOwn(f.Data) {
			r.DataDir = os.Getenv(DataDirVariable)
		}
	}
	if _, err := os.Stat(r.DataDir); err != nil && !IsOwn(r.Data) { // a recipe of another machine
		r.DataDir = os.Getenv(DataDirVariable)
	}
	f.applyAll(&r)
	return r
}

// applyAll lays the flags over a recipe that the user set.
func (f *Recipe) applyAll(r *recipe.Recipe) {
	for name := range f.apply {
		f.Apply(name, r)
	}
}

// fitBatch has the batch of a recipe fit data of the user's own, where the user did not set it.
func (f *Recipe) fitBatch(r *recipe.Recipe) error {
	if batch := f.Lookup("batch"); !IsOwn(r.Data) || batch == nil || batch.Changed {
		return nil
	}
	n, err := datasets.TrainingExamples(r.Data, r.DataOptions())
	if err == nil {
		r.Batch = recipe.FittingBatch(n, r.Batch)
	}
	return err
}

// Apply lays one flag over a recipe where the user set it.
func (f *Recipe) Apply(name string, r *recipe.Recipe) {
	if f.Lookup(name).Changed && !f.isAuto(name) {
		f.apply[name](r)
	}
}

// Sets tells whether a flag is about a parameter of methods.
func (f *Recipe) Sets(name string) bool { return f.settings[name] != nil }

// Settings returns the parameters of methods that the user set. It fails when none of the methods has one of them: a
// flag without effect is a mistake.
func (f *Recipe) Settings(methods []string) (map[string]string, error) {
	chosen := map[string]string{}
	for name, value := range f.settings {
		if !f.Lookup(name).Changed {
			continue
		}
		if !slices.ContainsFunc(methods, func(m string) bool { return parameter.Has(m, name) }) {
			return nil, exit.Usagef("--%s has no effect on %s", name, strings.Join(methods, ", "))
		}
		if !f.isAuto(name) {
			chosen[name] = *value
		}
	}
	return chosen, nil
}

// Methods splits a list of methods. It also returns the first one that is named twice, "" when none is.
func Methods(list string) (methods []string, twice string) {
	methods = strings.Split(list, ",")
	for i, m := range methods {
		if twice == "" && slices.Contains(methods[i+1:], m) {
			twice = m
		}
	}
	return methods, twice
}
