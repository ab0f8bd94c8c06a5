package reproduce

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/reproduce"
)

func newList(stdout io.Writer) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the experiments, their models, and whether their images are found",
		Example: "  xsam reproduce list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return listStudies(stdout, dir) },
	}
	flags.AddDataDir(cmd.Flags(), &dir)
	return cmd
}

func listStudies(w io.Writer, dir string) error {
	found := map[string]string{}
	for _, info := range datasets.List(dir) {
		found[info.Name] = "images not found"
		if len(info.Found) > 0 {
			found[info.Name] = "images found"
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(out, "NAME\tMODEL\t--scale small\tDATA")
	for _, s := range reproduce.Studies() {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s: %s\n", s.Name, s.Model, s.Small, s.Data, found[s.Data])
	}
	return out.Flush()
}
