// Package exit says how a command line ends: with which error, and with which exit code.
package exit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	Done        = 0
	Failed      = 1
	WrongUsage  = 2
	Interrupted = 130
)

// usageError is an error in how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage makes err one in how the command was called.
func Usage(err error) error { return usageError{err} }

// Usagef is an error in how the command was called.
func Usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Run runs one command line of root. Arguments are those after the program's name.
func Run(ctx context.Context, root *cobra.Command, args []string) error {
	started := false // cobra's own errors, before a command starts, are about usage
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	Suggest(root)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !started {
		return Usage(err)
	}
	return err
}

// Code prints an error and returns the code to exit with.
func Code(err error, stderr io.Writer) int {
	var usage usageError
	switch {
	case err == nil:
		return Done
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "xsam: interrupted:", spoken(err))
		return Interrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "xsam: %s\nTry the command with --help.\n", spoken(err))
		return WrongUsage
	default:
		fmt.Fprintln(stderr, "xsam:", spoken(err))
		return Failed
	}
}
