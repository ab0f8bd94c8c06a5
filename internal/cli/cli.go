// Package cli is the xsam command: it puts the commands together and ends with their exit codes.
//
// Each command is a package of its own below: New makes it from two writers, and its run function does the work with
// the options that the flags have filled in. Results go to the first writer, progress and warnings to the second. No
// command imports another one. What several share is in internal/:
//
//	internal/flags     flags, and what they stand for: recipes, runs, engines
//	internal/progress  a bar, or lines where there is no terminal
//	internal/show      how results are written
//	internal/exit      errors, and the codes to exit with
//	internal/clitest   command lines in tests, and what they print
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/advise"
	"github.com/xsam-go/xsam/internal/cli/backend"
	"github.com/xsam-go/xsam/internal/cli/bench"
	"github.com/xsam-go/xsam/internal/cli/compare"
	"github.com/xsam-go/xsam/internal/cli/curvature"
	"github.com/xsam-go/xsam/internal/cli/data"
	"github.com/xsam-go/xsam/internal/cli/export"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/man"
	"github.com/xsam-go/xsam/internal/cli/predict"
	reportcommand "github.com/xsam-go/xsam/internal/cli/report"
	"github.com/xsam-go/xsam/internal/cli/reproduce"
	"github.com/xsam-go/xsam/internal/cli/serve"
	"github.com/xsam-go/xsam/internal/cli/train"
	"github.com/xsam-go/xsam/internal/cli/version"
	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/recipe"
)

// Main runs the command line of the process and exits. The first Ctrl-C finishes and saves what is under way; the
// second ends the process at once. SIGTERM and a terminal that is closed do as the first one, however often they come,
// for schedulers send the same signal to a process and to the shell that passes it on; nohup has the terminal ignored.
func Main() {
	keepmemory.Restart()
	again := []os.Signal{syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		again = append(again, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), again...) // for what comes behind the first one
	ctx, stop := signal.NotifyContext(context.Background(), append(again, os.Interrupt)...)
	go func() {
		<-ctx.Done()
		stop() // from here on Ctrl-C has its usual effect
		fmt.Fprintln(os.Stderr, "\nxsam: stopping, after what is under way is saved; press Ctrl-C again to stop at once")
	}()
	os.Exit(exit.Code(exit.Run(ctx, newRoot(os.Stdout, os.Stderr), os.Args[1:]), os.Stderr))
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "xsam",
		Short: "Sharpness-aware training, with the sharpest direction under control",
		Long: `xsam trains networks, on images and on tables, with SGD, SAM and X-SAM, and says with error bars what each
does to test accuracy and to λmax, the largest eigenvalue of the Hessian of the loss, and what it costs.

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
	page := report.Options{Command: compare.CommandLine}
	root.AddCommand(compare.New(stdout, stderr), train.New(stdout, stderr), advise.New(stdout, stderr),
		curvature.New(stdout, stderr),
		export.New(stdout, stderr), predict.New(stdout, stderr), reportcommand.New(stdout, stderr, page),
		serve.New(stdout, page), reproduce.New(stdout, stderr), bench.New(stdout, stderr), data.New(stdout, stderr),
		backend.New(stdout, stderr), man.New(stdout), version.New(stdout))
	return root
}
