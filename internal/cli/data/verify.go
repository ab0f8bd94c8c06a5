package data

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

func newVerify(stdout io.Writer, dir *string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:       "verify NAME...",
		Short:     "Read all files of data sets and say what they hold",
		Example:   "  xsam data verify digits fashion-mnist --data-dir DIR",
		Args:      names(datasets.Names()),
		ValidArgs: datasets.Names(),
		RunE: func(_ *cobra.Command, names []string) error {
			if err := flags.CheckFormat(format, flags.ListFormats); err != nil {
				return err
			}
			var all []*datasets.Report
			for _, name := range names {
				report, err := datasets.Verify(name, *dir)
				if err == nil && format == "table" {
					err = verified(stdout, report)
				}
				if err != nil {
					return err
				}
				all = append(all, report)
			}
			if format == "json" {
				return show.JSON(stdout, all)
			}
			return nil
		},
	}
	flags.AddFormat(cmd.Flags(), &format, flags.ListFormats)
	return cmd
}

// verified prints what the files of a data set hold.
func verified(w io.Writer, report *datasets.Report) error {
	if report.TestImages == 0 {
		fmt.Fprintf(w, "%s: %d images\n", report.Name, report.TrainImages)
	} else {
		fmt.Fprintf(w, "%s: %d training images, %d test images\n", report.Name, report.TrainImages, report.TestImages)
	}
	for _, f := range report.Files {
		known := f.Known
		if known == "" {
			known = "checksum not known"
		}
		fmt.Fprintf(w, "  %s  %d bytes  sha256 %s  %s\n", f.Path, f.Bytes, f.SHA256, known)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, class := range report.ClassNames {
		counts := []string{class}
		counts = append(counts, fmt.Sprint(report.TrainClassCounts[i]))
		if report.TestImages > 0 {
			counts = append(counts, fmt.Sprint(report.TestClassCounts[i]))
		}
		fmt.Fprintf(out, "  %s\t\n", strings.Join(counts, "\t"))
	}
	return out.Flush()
}
