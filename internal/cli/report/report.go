// Package report is the command xsam report: a page from run records.
package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
	"github.com/xsam-go/xsam/internal/regular"
	"github.com/xsam-go/xsam/internal/report"
)

var formats = []string{"html", "md"}

// options are the flags of xsam report.
type options struct {
	stdout, stderr io.Writer

	page        report.Options
	dirs        []string
	out, format string
	figures     figures
}

// New returns the command. Its pages are made with the options page.
func New(stdout, stderr io.Writer, page report.Options) *cobra.Command {
	o := &options{stdout: stdout, stderr: stderr, page: page}
	cmd := &cobra.Command{
		Use:   "report [DIR...]",
		Short: "Write a page from run records: verdict, tables, curves, cost, recipe",
		Long: `Report reads run records and writes one HTML file that opens from disk, without a network: the verdict
with its test, a table of methods with differences from SAM and from SGD, curves with bands over seeds,
curvature as far as it was measured, the cost of a step, the recipe, and all warnings.

DIR is a folder that holds run directories, as --out of xsam compare makes it; each is a comparison of
its own on the page. Run directories that are given themselves are one comparison together. Without DIR it is
the newest folder in xsam-runs.

--overlay lays two comparisons over each other: their methods in the same figures, in front of the rest.
--figures writes every figure as SVG, as PDF and, with all digits, as CSV, and the page links them.

--format md writes the tables for a README, to standard output unless --out is given.`,
		Example: `  xsam report
  xsam report xsam-runs/glyphs-cnn-20260101-120000
  xsam report runs/sam-seed0 runs/xsam-seed0 --out two.html
  xsam report runs --figures figures --figure-size 8x6
  xsam report runs-05 runs-20 --overlay
  xsam report runs --format md`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				newest, err := flags.NewestRuns()
				if err != nil {
					return err
				}
				args = []string{newest}
			}
			o.dirs = args
			if err := o.figures.validate(cmd.Flags().Changed("figure-size")); err != nil {
				return err
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.out, "out", "",
		"`file` to write (default report.html; of md, standard output; - is standard output)")
	cmd.Flags().StringVar(&o.format, "format", "html", "`format`: html, md")
	cmd.Flags().BoolVar(&o.page.Overlay, "overlay", false, "lay the two comparisons over each other")
	o.figures.add(cmd.Flags())
	flags.Complete(cmd, "format", formats)
	return cmd
}

// made is a page, and what is to be said about it.
type made struct {
	page     bytes.Buffer
	problems []string
	err      error
}

// make reads the records and makes the page of them.
func (o *options) make() (m made) {
	comparisons, err := loadComparisons(o.dirs)
	if err == nil {
		err = o.draw(comparisons)
	}
	switch {
	case err != nil:
		m.err = err
	case o.format == "md":
		m.err = report.WriteMarkdown(&m.page, comparisons, o.page)
	default:
		m.err = report.WriteHTML(&m.page, comparisons, o.page)
	}
	for _, c := range comparisons {
		m.problems = append(m.problems, c.AllProblems()...)
	}
	return m
}

// run writes the page, unless ctx ends first: then nothing is written.
func run(ctx context.Context, o *options) error {
	if err := flags.CheckFormat(o.format, formats); err != nil {
		return err
	}
	results := make(chan made, 1)
	go func() { results <- o.make() }()
	var m made
	select {
	case <-ctx.Done():
		return ctx.Err()
	case m = <-results:
	}
	if err := cmp.Or(ctx.Err(), m.err); err != nil { // both may have come
		return err
	}
	show.Warnings(o.stderr, m.problems...)
	out := o.place()
	if out == "" || out == "-" {
		_, err := o.stdout.Write(m.page.Bytes())
		return err
	}
	if err := write(out, m.page.Bytes()); err != nil {
		return fmt.Errorf("the report cannot be written: %w: choose another place with --out", err)
	}
	fmt.Fprintln(o.stdout, out)
	return nil
}

// write puts a page at path: in one piece where a file is, or none, and into whatever else there is.
func write(path string, page []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, page, 0o644)
	}
	return regular.Replace(path, page)
}
