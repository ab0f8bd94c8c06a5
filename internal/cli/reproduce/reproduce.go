// Package reproduce is the command xsam reproduce: the paper's experiments and its claims.
//
//	list.go     which experiments there are
//	plan.go     the flags that decide what is run
//	show.go     what would be run
//	run.go      the runs, and what came out
//	verdict.go  the verdicts on the claims alone
package reproduce

import (
	"io"

	"github.com/spf13/cobra"
)

// New returns the command.
func New(stdout, stderr io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "Run the paper's experiments and test its claims",
		Long: `Reproduce runs experiments of the X-SAM paper: CIFAR-10, CIFAR-100 and Fashion-MNIST with ResNet-18, ResNet-34,
AlexNet, VGG-11 and WRN-28-10, by SGD, SAM, X-SAM as published, that without its correction (nsam), and X-SAM in
our forms. It says of each claim of the paper whether the records support it, contradict it, or cannot tell.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newList(stdout), newShow(stdout))
	cmd.AddCommand(newRun(stdout, stderr), newVerdict(stdout, stderr))
	return cmd
}
