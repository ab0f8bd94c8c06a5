package data

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
)

func newList(stdout io.Writer, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the data sets, and which of them are found",
		Example: "  xsam data list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return list(stdout, *dir) },
	}
}

// list prints the data sets that are known, and which of them are found in a folder.
func list(w io.Writer, dir string) error {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, info := range datasets.List(dir) {
		state := "not found"
		switch {
		case info.Drawn:
			state = "always there"
		case len(info.Found) > 0:
			state = "found"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", info.Name, state, info.About)
		if state == "not found" {
			fmt.Fprintf(out, "\t\twants %s\n", info.Wants)
		}
	}
	return out.Flush()
}
