package reproduce

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/reproduce"
)

func newList(stdout io.Writer) *cobra.Command {
	var dir, format string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the experiments, their models, and whether their images are found",
		Example: "  xsam reproduce list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return listStudies(stdout, dir, format) },
	}
	flags.AddDataDir(cmd.Flags(), &dir)
	flags.AddFormat(cmd.Flags(), &format, flags.ListFormats)
	return cmd
}

// listed is an experiment as JSON has it.
type listed struct {
	Name  string `json:"name"`
	Model string `json:"model"`
	Small string `json:"small_model"`
	Data  string `json:"data"`
	Found bool   `json:"images_found"`
}

func listStudies(w io.Writer, dir, format string) error {
	if err := flags.CheckFormat(format, flags.ListFormats); err != nil {
		return err
	}
	found := map[string]string{}
	for _, info := range datasets.List(dir) {
		found[info.Name] = "images not found"
		if len(info.Found) > 0 {
			found[info.Name] = "images found"
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(out, "NAME\tMODEL\t--scale small\tDATA")
	var all []listed
	for _, s := range reproduce.Studies() {
		all = append(all, listed{s.Name, s.Model, s.Small, s.Data, found[s.Data] == "images found"})
		fmt.Fprintf(out, "%s\t%s\t%s\t%s: %s\n", s.Name, s.Model, s.Small, s.Data, found[s.Data])
	}
	if format == "json" {
		return show.JSON(w, all)
	}
	return out.Flush()
}
