package data

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

func newList(stdout io.Writer, dir *string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the data sets, and which of them are found",
		Example: "  xsam data list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return list(stdout, *dir, format) },
	}
	flags.AddFormat(cmd.Flags(), &format, flags.ListFormats)
	return cmd
}

// listed is a data set as JSON has it.
type listed struct {
	Name    string   `json:"name"`
	About   string   `json:"about"`
	State   string   `json:"state"`
	Wants   string   `json:"wants,omitempty"`
	Files   []string `json:"files,omitempty"`
	Classes []string `json:"classes"`
}

// list prints the data sets that are known, and which of them are found in a folder.
func list(w io.Writer, dir, format string) error {
	if err := flags.CheckFormat(format, flags.ListFormats); err != nil {
		return err
	}
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	var all []listed
	for _, info := range datasets.List(dir) {
		state := "not found"
		switch {
		case info.Drawn:
			state = "always there"
		case len(info.Found) > 0:
			state = "found"
		}
		all = append(all, listed{info.Name, info.About, state, info.Wants, info.Found, info.ClassNames})
		fmt.Fprintf(out, "%s\t%s\t%s\n", info.Name, state, info.About)
		if state == "not found" {
			fmt.Fprintf(out, "\t\twants %s\n", info.Wants)
		}
	}
	if format == "json" {
		return show.JSON(w, all)
	}
	return out.Flush()
}
