package flags

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Group is a part of a command's flags under a title of its own in the help.
type Group struct {
	Title string
	Flags *pflag.FlagSet
	Rare  []string // those of the everyday flags that are none here
}

// NewGroup returns a group without flags.
func NewGroup(title string) Group {
	return Group{Title: title, Flags: pflag.NewFlagSet(title, pflag.ContinueOnError)}
}

// columns is the width of help texts.
const columns = 110

// fewFlags is the number of flags up to which help shows all.
const fewFlags = 25

// everyday are the flags that help shows of commands that have many; --help-all shows the others too.
var everyday = []string{
	"methods", "method", "seeds", "seed", "data", "data-dir", "label", "image", "train-size", "label-noise", "augment",
	"model", "epochs", "batch", "base", "lr", "rho", "alpha", "sweep", "tune", "backend", "out", "format", "quiet",
	"resume", "config", "checkpoint", "measure", "operator", "top", "examples", "landscape", "rounds", "memory",
}

// helpAll is the value of the flag --help-all, which ends the parsing of flags as --help does.
type helpAll bool

func (h *helpAll) String() string   { return "false" }
func (h *helpAll) Type() string     { return "bool" }
func (h *helpAll) IsBoolFlag() bool { return true }
func (h *helpAll) Set(string) error {
	*h = true
	return pflag.ErrHelp
}

// Attach puts the groups' flags on a command, under their titles in its help, with completion of known values.
func Attach(cmd *cobra.Command, groups []Group, choices map[string][]string) {
	count := 0
	for _, g := range groups {
		g.Flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.Flags)
		g.Flags.VisitAll(func(*pflag.Flag) { count++ })
	}
	for name, values := range choices {
		if cmd.Flags().Lookup(name) != nil {
			Complete(cmd, name, values)
		}
	}
	all := helpAll(count <= fewFlags)
	if !all {
		cmd.Flags().Var(&all, "help-all", "all flags")
		cmd.Flags().Lookup("help-all").NoOptDefVal = "true"
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
		if cmd.HasExample() {
			fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
		}
		shown := 0
		for _, g := range groups {
			set := g.shown(bool(all))
			if set.HasFlags() {
				fmt.Fprintf(&b, "\n%s:\n%s", g.Title, set.FlagUsagesWrapped(columns))
			}
			set.VisitAll(func(*pflag.Flag) { shown++ })
		}
		if shown < count {
			fmt.Fprintf(&b, "\n%d more flags: %s --help-all\n", count-shown, cmd.CommandPath())
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
		return err
	})
}

// shown are the flags of a group that help shows.
func (g Group) shown(all bool) *pflag.FlagSet {
	if all {
		return g.Flags
	}
	set := pflag.NewFlagSet(g.Title, pflag.ContinueOnError)
	set.SortFlags = false
	g.Flags.VisitAll(func(f *pflag.Flag) {
		if slices.Contains(everyday, f.Name) && !slices.Contains(g.Rare, f.Name) {
			set.AddFlag(f)
		}
	})
	return set
}

// Complete lets the shell complete the values of a flag.
func Complete(cmd *cobra.Command, name string, values []string) {
	// The error would be about a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
