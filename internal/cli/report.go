package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

var reportFormats = []string{"html", "md"}

// reportOptions are those of every page: xsam report's and xsam serve's.
var reportOptions = report.Options{Command: reproduction}

func newReport(stdout, stderr io.Writer) *cobra.Command {
	var out, format string
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Write a page from run records: verdict, tables, curves, cost, recipe",
		Long: `Report reads run records and writes one HTML file that opens from disk, without a network: the verdict
with its test, a table of methods with differences from SAM and from SGD, curves with bands over seeds,
curvature as far as it was measured, the cost of a step, the recipe, and all warnings.

DIR is a folder that holds run directories, as --out of xsam compare makes it; each is a comparison of
its own on the page. Run directories that are given themselves are one comparison together.

--format md writes the tables for a README, to standard output unless --out is given.`,
		Example: `  xsam report xsam-runs/glyphs-cnn-20260101-120000
  xsam report runs/sam-seed0 runs/xsam-seed0 --out two.html
  xsam report runs --format md`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, dirs []string) error { return writeReport(dirs, out, format, stdout, stderr) },
	}
	cmd.Flags().StringVar(&out, "out", "",
		"`file` to write (default report.html; of md, standard output; - is standard output)")
	cmd.Flags().StringVar(&format, "format", "html", "`format`: html, md")
	attachChoices(cmd, "format", reportFormats)
	return cmd
}

// attachChoices lets the shell complete the values of a flag.
func attachChoices(cmd *cobra.Command, flag string, values []string) {
	// The error would be about a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func writeReport(dirs []string, out, format string, stdout, stderr io.Writer) error {
	if !slices.Contains(reportFormats, format) {
		return usageError{fmt.Errorf("--format %q: want one of %s", format, strings.Join(reportFormats, ", "))}
	}
	comparisons, err := loadComparisons(dirs)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if format == "md" {
		err = report.WriteMarkdown(&page, comparisons, reportOptions)
	} else {
		err = report.WriteHTML(&page, comparisons, reportOptions)
	}
	if err != nil {
		return err
	}
	for _, c := range comparisons {
		for _, p := range c.AllProblems() {
			fmt.Fprintln(stderr, "xsam: warning:", p)
		}
	}
	if out == "" && format == "html" {
		out = "report.html"
	}
	if out == "" || out == "-" {
		_, err := stdout.Write(page.Bytes())
		return err
	}
	if err := os.WriteFile(out, page.Bytes(), 0o644); err != nil {
		return fmt.Errorf("the report cannot be written: %w: choose another place with --out", err)
	}
	fmt.Fprintln(stdout, out)
	return nil
}

// loadComparisons reads the arguments of xsam report.
func loadComparisons(dirs []string) (comparisons []*report.Comparison, err error) {
	var single *report.Comparison
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s does not exist: want a folder with run records, as --out of xsam compare makes it", dir)
		} else if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is a file: want a folder with run records, as --out of xsam compare makes it", dir)
		}
		clean, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		if runlog.IsRun(os.DirFS(clean), ".") { // a run directory itself
			loaded := report.Load(os.DirFS(filepath.Dir(clean)), "Runs", []string{filepath.Base(clean)})
			if single == nil {
				single = loaded
				comparisons = append(comparisons, single)
			} else {
				single.Merge(loaded)
			}
			continue
		}
		runs, err := runlog.List(os.DirFS(clean), ".")
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			return nil, fmt.Errorf("%s holds no run: want a folder with run directories (<method>-seed<k>), "+
				"as --out of xsam compare makes it, or a run directory", dir)
		}
		comparisons = append(comparisons, report.Load(os.DirFS(clean), filepath.Base(clean), runs))
	}
	return comparisons, nil
}
