// Package predict is the command xsam predict: what a trained network says of examples.
package predict

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/handover"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
)

// options are the flags of xsam predict.
type options struct {
	stdout, stderr io.Writer

	saved flags.Saved
	dir   string // of the run
	data  string // "" for the test part of the run's own
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "predict RUN_DIR [DATA]",
		Short: "Write what a trained network says of examples",
		Long: `Predict writes a line of CSV for each example of DATA: its number from 0, its label, the class that the network
of the run says, and the probability of each class; of --task regression the number.

DATA is what --data of compare takes for data of your own: ` + own.Forms() + `.
It must have labels, and the columns of the data of the run, and is normalised as that was. Images in files of
their own are brought to the size of the run's; one example is enough. Without DATA the test part of the run's data
is taken.`,
		Example: `  xsam predict runs/xsam-seed0 > predictions.csv
  xsam predict runs/xsam-seed0 folder:photos --to predictions.csv`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = args[0]
			if len(args) == 2 {
				o.data = args[1]
			}
			return run(cmd.Context(), o)
		},
	}
	flags.Attach(cmd, o.saved.Groups("What is predicted", "`file` for the lines (default: standard output)"), nil)
	return cmd
}

// run writes the lines, and says on standard error how many are as labelled.
func run(ctx context.Context, o *options) error {
	return o.saved.Open(ctx, o.dir, o.stderr, func(r *handover.Run) error {
		p, err := o.write(r)
		if err != nil {
			return err
		}
		if r.Regression() {
			_, err = fmt.Fprintf(o.stderr, "%d examples, mean squared error %.4g\n", p.Examples, p.Squared)
		} else {
			_, err = fmt.Fprintf(o.stderr, "%d examples, %.2f %% as labelled\n", p.Examples,
				100*float64(p.Right)/float64(max(1, p.Examples)))
		}
		return err
	})
}

// write writes the lines to the file of --to, or to standard output.
func (o *options) write(r *handover.Run) (p handover.Predictions, err error) {
	out := o.stdout
	if o.saved.To != "" {
		file, createErr := os.Create(o.saved.To)
		if createErr != nil {
			return p, createErr
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	buffered := bufio.NewWriter(out)
	p, err = r.Predict(o.data, buffered)
	return p, errors.Join(err, buffered.Flush())
}
