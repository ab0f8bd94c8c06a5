// Package backend is the command xsam backend: which engine computes, and how to install one.
package backend

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
)

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "backend",
		Short: "Say which engine computes, and install one",
		Long: `Backend says which engines there are on this computer and which one the other commands would use.
Nothing is downloaded by it; "xsam backend install" does that.`,
		Example: "  xsam backend\n  xsam backend install",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := flags.CheckFormat(format, flags.ListFormats); err != nil {
				return err
			}
			if format == "json" {
				return printJSON(stdout, backend.Status())
			}
			return printStatus(stdout, backend.Status())
		},
	}
	flags.AddFormat(cmd.Flags(), &format, flags.ListFormats)
	cmd.AddCommand(newInstall(stdout, stderr))
	return cmd
}

// installOptions say which engine to install.
type installOptions struct {
	stdout, stderr io.Writer

	engine string
}

func newInstall(stdout, stderr io.Writer) *cobra.Command {
	o := &installOptions{stdout: stdout, stderr: stderr, engine: "cpu"}
	return &cobra.Command{
		Use:       "install [cpu|cuda]",
		Short:     "Install XLA's plugin for the CPU, or for an NVIDIA GPU",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"cpu", "cuda"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.engine = args[0]
			}
			return install(cmd.Context(), o)
		},
	}
}

// install installs a plugin and prints where it is.
func install(ctx context.Context, o *installOptions) error {
	path, err := backend.Install(ctx, backend.InstallOptions{Engine: o.engine, Out: o.stderr,
		Terminal: progress.IsTerminal(o.stderr)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.stdout, path)
	return err
}
