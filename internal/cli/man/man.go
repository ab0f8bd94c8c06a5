// Package man is the command xsam man: manual pages.
package man

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// New returns the command.
func New(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages, one a command, into a folder",
		Long: `Man writes a manual page for each command, with all flags, into a folder: xsam.1, xsam-compare.1, and so on.
"man -M" wants them in a subfolder man1.`,
		Example: "  xsam man ~/.local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return write(cmd.Root(), args[0], stdout) },
	}
}

// write writes the pages of a command and of those below it. Their date is left out: the same program writes the same
// pages.
func write(root *cobra.Command, dir string, stdout io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the manual pages cannot be written: %w: choose another folder", err)
	}
	root.DisableAutoGenTag = true
	header := &doc.GenManHeader{Section: "1", Source: "xsam", Manual: "X-SAM", Date: &time.Time{}}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fmt.Errorf("the manual pages cannot be written: %w", err)
	}
	_, err := fmt.Fprintln(stdout, show.Path(dir))
	return err
}
