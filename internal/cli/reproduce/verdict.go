package reproduce

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/claims"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/runlog"
)

// verdictFormats are the formats of what xsam reproduce prints.
var verdictFormats = []string{"text", "json"}

// verdictOptions are the flags of xsam reproduce verdict.
type verdictOptions struct {
	stdout, stderr io.Writer

	dir, format string
}

func newVerdict(stdout, stderr io.Writer) *cobra.Command {
	o := &verdictOptions{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "verdict DIR",
		Short: "Judge the paper's claims by the run records in a folder",
		Long: `Verdict reads the run records in a folder, of xsam reproduce run or of xsam compare, and says of each claim
of the paper whether they support it: of each form of X-SAM and of nsam against SAM, and of the published form
against nsam. Nothing is trained.`,
		Example: "  xsam reproduce verdict DIR --format json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.dir = args[0]
			return judge(o)
		},
	}
	flags.AddFormat(cmd.Flags(), &o.format, verdictFormats)
	return cmd
}

// judge judges the claims by the records in a folder.
func judge(o *verdictOptions) error {
	if err := flags.CheckFormat(o.format, verdictFormats); err != nil {
		return err
	}
	runs, err := runlog.ReadRuns(o.dir)
	if err != nil {
		return err
	}
	for _, r := range runs {
		show.Warnings(o.stderr, r.Problems...)
	}
	findings, err := claims.Judge(runs)
	if err != nil {
		return fmt.Errorf("%s: %w", show.Path(o.dir), err)
	}
	if o.format == "json" {
		return claims.WriteJSON(o.stdout, findings)
	}
	return claims.WriteText(o.stdout, findings)
}
