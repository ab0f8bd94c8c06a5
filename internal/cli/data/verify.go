package data

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
)

func newVerify(stdout io.Writer, dir *string) *cobra.Command {
	return &cobra.Command{
		Use:       "verify NAME...",
		Short:     "Read all files of data sets and say what they hold",
		Example:   "  xsam data verify digits fashion-mnist --data-dir DIR",
		Args:      names(datasets.Names()),
		ValidArgs: datasets.Names(),
		RunE: func(_ *cobra.Command, names []string) error {
			for _, name := range names {
				if err := verify(stdout, name, *dir); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// verify reads the files of one data set and prints what they hold.
func verify(w io.Writer, name, dir string) error {
	report, err := datasets.Verify(name, dir)
	if err != nil {
		return err
	}
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
