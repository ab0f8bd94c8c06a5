// Package export is the command xsam export: the weights of a run as a file for other programs.
package export

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/handover"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// options are the flags of xsam export.
type options struct {
	stdout, stderr io.Writer

	saved flags.Saved
}

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "export RUN_DIR --to FILE",
		Short: "Write the trained weights as a file that other programs read",
		Long: `Export writes the weights of a run, and the averages of its batch norms, in the format that FILE ends in:

  .safetensors   named arrays; safetensors.torch.load_file reads them
  .npz           named arrays; numpy.load reads them
  .onnx          of a run of onnx:FILE: that file with the trained weights, and the new layer of --head

Of onnx:FILE names and shapes are those of the file, which of one made by PyTorch are those of its state_dict. Of
built-in models they are the paths of the variables with dots, and kernels are [height, width, in, out].`,
		Example: `  xsam export runs/xsam-seed0 --to net.safetensors
  xsam export runs/xsam-seed0 --to net.onnx --checkpoint epoch:5`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), o, args[0]) },
	}
	flags.Attach(cmd, o.saved.Groups("What is written", "`file` that ends in .safetensors, .npz or .onnx"), nil)
	return cmd
}

// run writes the file and says what is in it.
func run(ctx context.Context, o *options, dir string) error {
	to := o.saved.To
	if to == "" {
		return exit.Usagef("export got no --to FILE: want a name that ends in .safetensors, .npz or .onnx")
	}
	if err := handover.CheckFormat(to); err != nil {
		return exit.Usage(err)
	}
	return o.saved.Open(ctx, dir, o.stderr, func(r *handover.Run) error {
		arrays, err := r.Export(to)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "%d arrays of %s, %s, seed %d, after %d steps, in %s\n", arrays, r.Recipe.Model,
			r.Recipe.Method, r.Recipe.Seed, r.Step, show.Path(to))
		return err
	})
}
