package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// ofAll are the flags that are about all runs together, or that listRuns writes itself.
var ofAll = []string{"methods", "seeds", "seed", "list-runs", "out", "resume", "force", "format", "quiet"}

// checkList finds flags whose runs cannot be listed: those of a search follow from one another, and what is recorded
// elsewhere is not on this command line.
func (o *options) checkList() error {
	for _, name := range []string{"sweep", "tune", "resume", "config"} {
		if o.listed && o.given.Changed(name) {
			return exit.Usagef("--list-runs with --%s: want one of them", name)
		}
	}
	if o.listed {
		return o.recipe.CheckNoAuto("--list-runs")
	}
	return nil
}

// listRuns prints the command of each run, one a line, and on the second writer the one that makes the table of them.
// Each goes on from its checkpoint when it is called again.
func (o *options) listRuns(out string, recipes []recipe.Recipe) error {
	for _, r := range recipes {
		if _, err := fmt.Fprintf(o.stdout, "xsam train --method=%s --seed=%d%s --out=%s --resume --quiet\n",
			show.Quoted(r.Method), r.Seed, o.flagsFor(r.Method), show.Quoted(out)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(o.stderr, "and then the table: xsam compare --methods=%s --seeds=%d --seed=%d%s --out=%s "+
		"--resume\n", show.Quoted(o.list), o.seeds, o.seed, o.flagsFor(strings.Split(o.list, ",")...), show.Quoted(out))
	return err
}

// flagsFor are the flags that the user gave, but for those of all runs and those that none of the methods has.
func (o *options) flagsFor(methods ...string) string {
	var b strings.Builder
	o.given.Visit(func(f *pflag.Flag) {
		has := func(method string) bool { return parameter.Has(method, f.Name) }
		if slices.Contains(ofAll, f.Name) || o.recipe.Sets(f.Name) && !slices.ContainsFunc(methods, has) {
			return
		}
		fmt.Fprintf(&b, " --%s=%s", f.Name, show.Quoted(f.Value.String()))
	})
	return b.String()
}
