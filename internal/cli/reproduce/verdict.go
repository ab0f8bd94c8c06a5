package reproduce

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

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
	const want = "want a folder with run directories, as --out of xsam reproduce run and of xsam compare makes it"
	switch info, err := os.Stat(o.dir); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s does not exist: %s", show.Path(o.dir), want)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is a file: %s", show.Path(o.dir), want)
	}
	runs, err := runlog.ReadRuns(o.dir)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return fmt.Errorf("%s holds no run: %s", show.Path(o.dir), want)
	}
	var dirs []string
	for _, r := range runs {
		dirs = append(dirs, r.Dir)
	}
	if err := flags.NoTrials(o.dir, dirs); err != nil {
		return err
	}
	if err := sameTask(runs); err != nil {
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

// sameTask reports runs of several experiments, and in what they differ.
func sameTask(runs []*runlog.Run) error {
	for _, r := range runs {
		if changed := runs[0].Setup.Task.Differences(r.Setup.Task); len(changed) > 0 {
			return fmt.Errorf("%s and %s are of different experiments: %s: judge one at a time, each in a folder of its own",
				show.Path(runs[0].Dir), show.Path(r.Dir), strings.Join(changed, ", "))
		}
	}
	return nil
}
