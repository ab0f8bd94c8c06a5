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

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
)

// options are the flags of xsam predict.
type options struct {
	stdout, stderr io.Writer

	saved  flags.Saved
	to     string
	engine flags.Engine
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "predict RUN_DIR [DATA]",
		Short: "Write what a trained network says of examples",
		Long: `Predict writes a line of CSV for each example of DATA: its number from 0, its label, the class that the network
of the run says, and the probability of each class; of --task regression the number.

DATA is what --data of compare takes for data of your own: ` + flags.OwnForms() + `.
It must have the labels and the sizes of the data of the run, and is normalised as that was. Without DATA the test
part of the run's data is taken.`,
		Example: `  xsam predict runs/xsam-seed0 > predictions.csv
  xsam predict runs/xsam-seed0 folder:photos --to predictions.csv`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), o, args) },
	}
	group := flags.NewGroup("What is predicted")
	group.Flags.StringVar(&o.to, "to", "", "`file` for the lines (default: standard output)")
	o.saved.Add(group.Flags)
	running := flags.NewGroup("Running")
	o.engine.Add(running.Flags)
	flags.Attach(cmd, []flags.Group{group, running}, nil)
	return cmd
}

func run(ctx context.Context, o *options, args []string) (err error) {
	engine, err := o.engine.Open(ctx, o.stderr, true)
	if err != nil {
		return err
	}
	defer engine.Finalize()
	r, err := o.saved.Open(engine, args[0], o.stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := o.stdout
	if o.to != "" {
		file, createErr := os.Create(o.to)
		if createErr != nil {
			return createErr
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	buffered := bufio.NewWriter(out)
	data := ""
	if len(args) == 2 {
		data = args[1]
	}
	p, err := r.Predict(data, buffered)
	if err = errors.Join(err, buffered.Flush()); err != nil {
		return err
	}
	if r.Regression() {
		_, err = fmt.Fprintf(o.stderr, "%d examples, mean squared error %.4g\n", p.Examples, p.Squared)
	} else {
		_, err = fmt.Fprintf(o.stderr, "%d examples, %.2f %% as labelled\n", p.Examples,
			100*float64(p.Right)/float64(max(1, p.Examples)))
	}
	return err
}
