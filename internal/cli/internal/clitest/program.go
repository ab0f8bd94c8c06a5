// Package clitest runs command lines in tests and compares what they print.
package clitest

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
)

// Program makes the command xsam, or a part of it.
type Program func(stdout, stderr io.Writer) *cobra.Command

// Of returns xsam with some of its commands alone.
func Of(commands ...Program) Program {
	return func(stdout, stderr io.Writer) *cobra.Command {
		root := &cobra.Command{Use: "xsam", SilenceUsage: true, SilenceErrors: true}
		root.SetOut(stdout)
		root.SetErr(stderr)
		for _, command := range commands {
			root.AddCommand(command(stdout, stderr))
		}
		return root
	}
}

// Start runs a command line in the current directory, as xsam does, and returns its exit code.
func (p Program) Start(ctx context.Context, stdout, stderr io.Writer, args ...string) int {
	return exit.Code(exit.Run(ctx, p(stdout, stderr), args), stderr)
}

// Run runs a command line in the current directory.
func (p Program) Run(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = p.Start(context.Background(), &out, &errs, args...)
	return out.String(), errs.String(), code
}

// Done runs a command line that must succeed, and returns what it prints.
func (p Program) Done(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	stdout, stderr, code := p.Run(args...)
	if code != exit.Done {
		t.Fatalf("xsam %s: exit %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// Fails runs command lines that end with a code, in an empty folder and without data sets. wants has a part of what
// each writes to standard error.
func (p Program) Fails(t *testing.T, code int, wants map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv(flags.DataDirVariable, "")
	for args, want := range wants {
		_, stderr, got := p.Run(strings.Fields(args)...)
		if got != code || !strings.Contains(stderr, want) {
			t.Errorf("xsam %s: exit %d, stderr %q, want exit %d and %q", args, got, stderr, code, want)
		}
	}
	if left, _ := os.ReadDir(flags.RunsFolder); len(left) > 0 {
		t.Errorf("commands that failed before they ran left %v", left)
	}
}

// Tiny makes a command train a few images on the engine that needs no installation.
func Tiny() []string {
	return strings.Fields("--model mlp --train-size 64 --test-size 32 --batch 16 --epochs 2 --eval-every 1 " +
		"--lambda-examples 32 --backend go")
}

// Data returns the folder with the data sets, and skips the test where there is none.
func Data(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(flags.DataDirVariable)
	if dir == "" {
		t.Skipf("%s is not set", flags.DataDirVariable)
	}
	return dir
}
