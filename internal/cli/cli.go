// Package cli is the xsam command: flags become a recipe, package experiment runs it, package compare makes the table.
//
// Each command is a function of a context, arguments and two writers, so that tests can call it: results go to the
// first writer, progress and warnings to the second.
//
//	cli.go       Main, run, exit codes
//	flags.go     the flags in their groups, and how they become a recipe
//	compare.go   xsam compare
//	train.go     xsam train
//	curvature.go xsam curvature (curvature_output.go, curvature_plots.go: its table and pictures)
//	reproduce.go xsam reproduce list, show, run, verdict
//	data.go      xsam data list, xsam data verify, xsam data get
//	bench*.go    xsam bench
//	engine.go    xsam backend, xsam backend install
//	output.go    where runs go, and how results are printed
//	report.go    xsam report
//	claims.go    the verdicts on the paper's claims, for the report
//	again.go     the command that makes recorded runs again
//	serve.go     xsam serve
//	progress.go  the progress bar, or lines where there is no terminal
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/recipe"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// Main runs the command line of the process and exits. The first Ctrl-C finishes and saves what is under way; the
// second ends the process at once.
func Main() {
	keepmemory.Restart()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // from here on a signal has its usual effect
		fmt.Fprintln(os.Stderr, "\nxsam: stopping, after what is under way is saved; press Ctrl-C again to stop at once")
	}()
	os.Exit(exitCode(run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// usageError is an error in how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode prints an error and returns the code to exit with.
func exitCode(err error, stderr io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "xsam: interrupted:", err)
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "xsam: %v\nTry the command with --help.\n", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "xsam:", err)
		return exitFailed
	}
}

// run runs one command line. Arguments are those after the program's name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := newRoot(stdout, stderr)
	started := false // cobra's own errors, before a command starts, are about usage
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !started {
		return usageError{err}
	}
	return err
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "xsam",
		Short: "Sharpness-aware training, with the sharpest direction under control",
		Long: `xsam trains image classifiers with SGD, SAM and X-SAM, and says with error bars what each does to
test accuracy and to λmax, the largest eigenvalue of the Hessian of the loss, and what it costs.

Start with

  xsam compare

which needs no data and takes a minute or two.`,
		Version:       recipe.CodeVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(newCompare(stdout, stderr), newTrain(stdout, stderr), newCurvature(stdout, stderr),
		newReport(stdout, stderr), newServe(stdout),
		newReproduce(stdout, stderr), newBench(stdout, stderr), newData(stdout, stderr), newBackend(stdout, stderr))
	return root
}
