// Package data is the command xsam data: the data sets, listed, checked and downloaded, and data of the user's own,
// inspected.
package data

import (
	"io"

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
