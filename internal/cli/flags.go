package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	optimizer "github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/recipe"
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
	apply    map[string]func(*recipe.Recipe) // by flag, called when the user set it
	settings map[string]*string              // parameters of methods, by flag
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
	f := &recipeFlags{apply: map[string]func(*recipe.Recipe){}, settings: map[string]*string{},
		choices: map[string][]string{
			"data": datasets.Names(), "model": models.Names(), "dtype": recipe.DTypeNames, "base": recipe.BaseNames,
			"schedule": recipe.ScheduleNames,
		}}
	f.addData(recipe.DataGroup)
	for _, title := range []string{recipe.TrainingGroup, recipe.BaseGroup} {
		f.addFields(f.add(title), title)
	}
	method := f.add("Method (each flag acts on the methods that have it)")
	for _, p := range parameter.All {
		f.choices[p.Name] = p.Choices
		f.settings[p.Name] = method.String(p.Name, "", withDefault(p.Help, p.Choices, defaultOf(p.Name)))
	}
	f.addFields(f.add(recipe.MeasurementGroup), recipe.MeasurementGroup)
	return f
}

// addData adds the group of flags about the images.
func (f *recipeFlags) addData(title string) *pflag.FlagSet {
	data := f.add(title)
	data.StringVar(&f.data, "data", "glyphs", "data `set`: "+strings.Join(datasets.Names(),
		", ")+"; glyphs is drawn on the fly, the others are read from --data-dir")
	f.addFields(data, recipe.DataGroup)
	return data
}

// addFields adds a flag for each field of a recipe that belongs to a group; with names, for those alone.
func (f *recipeFlags) addFields(flags *pflag.FlagSet, group string, names ...string) {
	for _, field := range recipe.Fields {
		if field.Group != group || len(names) > 0 && !slices.Contains(names, field.Flag) {
			continue
		}
		usage := withDefault(field.Help, f.choices[field.Flag], byData(field))
		switch field.Of(&recipe.Recipe{}).(type) {
		case *string:
			addField(f, field, flags.String(field.Flag, "", usage))
		case *int:
			addField(f, field, flags.Int(field.Flag, 0, usage))
		case *int64:
			addField(f, field, flags.Int64(field.Flag, 0, usage))
		case *float64:
			addField(f, field, flags.Float64(field.Flag, 0, usage))
		case *bool:
			addField(f, field, flags.Bool(field.Flag, false, usage))
		}
	}
}

// addField has a flag set its field where the user gave it.
func addField[T any](f *recipeFlags, field recipe.Field, value *T) {
	f.apply[field.Flag] = func(r *recipe.Recipe) { *field.Of(r).(*T) = *value }
}

// withDefault is the help of a flag with the values that it takes and its default.
func withDefault(help string, choices []string, value string) string {
	if choices != nil {
		help += ": " + strings.Join(choices, ", ")
	}
	return help + " (default " + value + ")"
}

// byData describes a default that depends on the data set.
func byData(field recipe.Field) string {
	if field.Flag == "data-dir" {
		return "$" + DataDirVariable
	}
	value := func(data string) string {
		defaults := recipe.Defaults(data)
		text := field.Text(&defaults)
		if text == "0" && field.None != "" {
			return field.None
		}
		return text
	}
	glyphs, digits, images := value("glyphs"), value("digits"), value("mnist")
	switch {
	case glyphs == digits && digits == images:
		return images
	case glyphs == digits:
		return glyphs + " for glyphs and digits, else " + images
	case digits == images:
		return glyphs + " for glyphs, else " + images
	case glyphs == images:
		return images + ", for digits " + digits
	default:
		return glyphs + " for glyphs, " + digits + " for digits, else " + images
	}
}

// defaultOf describes the default of a parameter of methods: that of most methods that have it, and of those that
// differ.
func defaultOf(name string) string {
	values, count, usual := map[string]string{}, map[string]int{}, ""
	for _, method := range parameter.MethodNames() {
		if parameter.Has(method, name) {
			value := optimizer.Presets[method]().Get(name)
			values[method] = value
			count[value]++
			if count[value] > count[usual] {
				usual = value
			}
		}
	}
	text := usual
	for _, method := range parameter.MethodNames() {
		if value, has := values[method]; has && value != usual {
			text += "; " + method + " " + value
		}
	}
	return text
}

// recipe returns the defaults of the data set with the flags that the user set laid over them.
func (f *recipeFlags) recipe(cmd *cobra.Command) recipe.Recipe {
	r := recipe.Defaults(f.data)
	r.DataDir = os.Getenv(DataDirVariable)
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if apply, ok := f.apply[flag.Name]; ok {
			apply(&r)
		}
	})
	if r.Optimizer == "adam" && !cmd.Flags().Changed("weight-decay") {
		r.WeightDecay = 0 // it has none
	}
	return r
}

// common returns the parameters of methods that the user set. It fails when none of the methods has one of them: a flag
// without effect is a mistake.
func (f *recipeFlags) common(cmd *cobra.Command, methods []string) (map[string]string, error) {
	chosen := map[string]string{}
	for name, value := range f.settings {
		if !cmd.Flags().Changed(name) {
			continue
		}
		if !slices.ContainsFunc(methods, func(m string) bool { return parameter.Has(m, name) }) {
			return nil, usageError{fmt.Errorf("--%s has no effect on %s", name, strings.Join(methods, ", "))}
		}
		chosen[name] = *value
	}
	return chosen, nil
}

// columns is the width of help texts.
const columns = 110

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
			fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.flags.FlagUsagesWrapped(columns))
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
		return err
	})
}
