package flags

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Group is a part of a command's flags under a title of its own in the help.
type Group struct {
	Title string
	Flags *pflag.FlagSet
}

// NewGroup returns a group without flags.
func NewGroup(title string) Group {
	return Group{title, pflag.NewFlagSet(title, pflag.ContinueOnError)}
}

// columns is the width of help texts.
const columns = 110

// Attach puts the groups' flags on a command, under their titles in its help, with completion of known values.
func Attach(cmd *cobra.Command, groups []Group, choices map[string][]string) {
	for _, g := range groups {
		g.Flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.Flags)
	}
	for name, values := range choices {
		if cmd.Flags().Lookup(name) != nil {
			Complete(cmd, name, values)
		}
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
		if cmd.HasExample() {
			fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
		}
		for _, g := range groups {
			fmt.Fprintf(&b, "\n%s:\n%s", g.Title, g.Flags.FlagUsagesWrapped(columns))
		}
		_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
		return err
	})
}

// Complete lets the shell complete the values of a flag.
func Complete(cmd *cobra.Command, name string, values []string) {
	// The error would be about a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}
