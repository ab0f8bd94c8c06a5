package flags

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// auto is the value of a flag whose number short runs find.
const auto = "auto"

// autoFlags are those that take it.
var autoFlags = []string{"lr", "rho"}

// autoValue is the value of a flag that takes auto too.
type autoValue struct {
	pflag.Value
	auto bool
}

func (a *autoValue) Set(text string) error {
	if a.auto = text == auto; a.auto {
		return nil
	}
	if err := a.Value.Set(text); err != nil {
		return fmt.Errorf("%w, or %s", err, auto)
	}
	return nil
}

func (a *autoValue) String() string {
	if a.auto {
		return auto
	}
	return a.Value.String()
}

// AllowAuto lets flags take auto.
func (f *Recipe) AllowAuto() {
	for _, name := range autoFlags {
		flag := f.Lookup(name)
		flag.Value = &autoValue{Value: flag.Value}
		flag.Usage = strings.Replace(flag.Usage, " (default", ", or auto: as xsam advise says (default", 1)
	}
}

// isAuto tells whether the user left a flag to short runs.
func (f *Recipe) isAuto(name string) bool {
	flag := f.Lookup(name)
	if flag == nil || !flag.Changed {
		return false
	}
	value, may := flag.Value.(*autoValue)
	return may && value.auto
}

// auto are the flags that are left to short runs, and not found yet: those that the user leaves to them or, where
// recorded runs go on, those that are recorded so. It forgets where settings came from that the user gives now.
func (f *Run) auto(flags *Recipe, recorded *recipe.Comparison, methods []string) (names []string, err error) {
	given := func(name string) bool {
		flag := flags.Lookup(name)
		return flag != nil && flag.Changed && !flags.isAuto(name)
	}
	f.origins = maps.Clone(f.origins)
	maps.DeleteFunc(f.origins, func(name, _ string) bool { return given(name) })
	goesOn := recorded != nil && f.Resume
	for _, name := range autoFlags {
		left := goesOn && slices.Contains(recorded.Auto, name)
		switch {
		case goesOn && flags.isAuto(name) && !left && f.origins[name] == "":
			return nil, exit.Usagef("--%s auto with --resume: the runs that are there have a number already: leave it out", name)
		case left && !given(name) || !goesOn && flags.isAuto(name):
			names = append(names, name)
		}
	}
	for _, m := range methods {
		if slices.Contains(names, "rho") && parameter.Has(m, "eta") && !strings.Contains(m, ":rho=") {
			return nil, exit.Usagef("--rho auto with %s, which measures ρ in units of its own: want a number, or that of %s "+
				"in its name, %s:rho=0.5", m, m, m)
		}
	}
	return names, nil
}

// CheckNoAuto finds flags that are left to short runs where another flag leaves no room for them.
func (f *Recipe) CheckNoAuto(beside string) error {
	for _, name := range autoFlags {
		if f.isAuto(name) {
			return exit.Usagef("--%s auto with %s: want a number, such as xsam advise finds", name, beside)
		}
	}
	return nil
}

// Auto has short runs find what a comparison leaves to them, sets it there, and returns the recipes of the runs with
// it: the given ones where there is nothing to find, or where runs are there that are to be left alone.
func (f *Run) Auto(ctx context.Context, engine *backend.Engine, c *recipe.Comparison, recipes []recipe.Recipe,
	out string, bar *progress.Bar) ([]recipe.Recipe, error) {
	if len(c.Auto) == 0 {
		return recipes, nil
	}
	for _, dir := range recipe.Dirs(out, recipes) {
		if !f.Resume && !f.Force && runlog.IsRun(os.DirFS(dir), ".") {
			return recipes, nil
		}
	}
	a, err := advice.Run(ctx, engine, c.Recipe, filepath.Join(out, advice.Folder), f.Options(bar))
	if err != nil {
		return nil, err
	}
	if f.origins == nil {
		f.origins = map[string]string{}
	}
	for _, name := range c.Auto {
		value, why := a.Value(name)
		f.origins[name] = why
		bar.Print(name + "  " + why)
		switch {
		case value == 0:
		case name == "lr":
			c.Recipe.LearningRate = value
		default:
			c.Settings[name] = strconv.FormatFloat(value, 'g', -1, 64)
		}
	}
	c.Auto, c.Running = nil, f.running()
	return c.Plan()
}

// PrintOrigins says where settings come from that short runs found.
func (f *Run) PrintOrigins(w io.Writer) {
	for _, name := range autoFlags {
		if why := f.origins[name]; why != "" {
			fmt.Fprintf(w, "%-11s %s\n", name, why)
		}
	}
}
