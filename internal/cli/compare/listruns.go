package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// commands are what makes each run, on a command line of its own: it goes on from its checkpoint when it is called again.
func (o *options) commands(out string, recipes []recipe.Recipe) (all []string) {
	for _, r := range recipes {
		all = append(all, fmt.Sprintf("train --method=%s --seed=%d%s --out=%s --resume --quiet", show.Quoted(r.Method), r.Seed,
			o.flagsFor(r.Method), show.Quoted(out)))
	}
	return all
}

// table is the command of the table of all runs.
func (o *options) table(out string) string {
	return fmt.Sprintf("xsam compare --methods=%s --seeds=%d --seed=%d%s --out=%s", show.Quoted(o.list), o.seeds, o.seed,
		o.flagsFor(strings.Split(o.list, ",")...), show.Quoted(out))
}

// flagsFor are the flags that the user gave, but for those of all runs and those that none of the methods has.
func (o *options) flagsFor(methods ...string) string {
	return flags.Given(o.given, func(name string) bool {
		has := func(method string) bool { return parameter.Has(method, name) }
		return slices.Contains([]string{"methods", "seeds", "seed"}, name) ||
			o.recipe.Sets(name) && !slices.ContainsFunc(methods, has)
	})
}
