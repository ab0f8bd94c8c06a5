// Package data is the command xsam data: the data sets, listed, checked and downloaded, and data of the user's own,
// inspected.
package data

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
)

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, check and download the data sets; inspect your own",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dir string
	flags.AddDataDir(cmd.PersistentFlags(), &dir)
	cmd.AddCommand(newList(stdout, &dir), newVerify(stdout, &dir), newGet(stdout, stderr, &dir), newInspect(stdout))
	return cmd
}

// names takes one or more out of a list as arguments.
func names(known []string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("want one or more of %s", strings.Join(known, ", "))
		}
		for _, name := range args {
			if !slices.Contains(known, name) {
				return fmt.Errorf("%q: want one or more of %s", name, strings.Join(known, ", "))
			}
		}
		return nil
	}
}
