package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
)

func newData(stdout, stderr io.Writer) *cobra.Command {
	data := &cobra.Command{
		Use:   "data",
		Short: "List, check and download the data sets",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dir string
	data.PersistentFlags().StringVar(&dir, "data-dir", os.Getenv(DataDirVariable),
		"`folder` with the files of the data sets")
	data.PersistentFlags().Lookup("data-dir").DefValue = "$" + DataDirVariable

	list := &cobra.Command{
		Use:     "list",
		Short:   "List the data sets, and which of them are found",
		Example: "  xsam data list --data-dir DIR",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return listData(stdout, dir) },
	}
	verify := &cobra.Command{
		Use:       "verify NAME...",
		Short:     "Read all files of data sets and say what they hold",
		Example:   "  xsam data verify digits fashion-mnist --data-dir DIR",
		Args:      cobra.MinimumNArgs(1),
		ValidArgs: datasets.Names(),
		RunE: func(_ *cobra.Command, names []string) error {
			for _, name := range names {
				if err := verifyData(stdout, name, dir); err != nil {
					return err
				}
			}
			return nil
		},
	}
	var mirror string
	get := &cobra.Command{
		Use:   "get NAME...",
		Short: "Download the full files of data sets from their official homes",
		Long: `Get downloads the full files of data sets from where their authors publish them into the data folder, and
compares them with published checksums: SHA-256 for mnist and fashion-mnist, MD5, for want of better, for
cifar10 and cifar100. An interrupted download goes on where it ended. Files that are there are left alone.`,
		Example: `  xsam data get cifar10 cifar100 --data-dir DIR
  xsam data get mnist --data-dir DIR --mirror https://HOST/FOLDER`,
		Args:      cobra.MinimumNArgs(1),
		ValidArgs: datasets.Downloads(),
		RunE: func(cmd *cobra.Command, names []string) error {
			for _, name := range names {
				if err := getData(cmd, stdout, stderr, name, datasets.GetOptions{Dir: dir, Mirror: mirror}); err != nil {
					return err
				}
			}
			return nil
		},
	}
	get.Flags().StringVar(&mirror, "mirror", "", "`address` of a folder with the same files, instead of the official home")
	data.AddCommand(list, verify, get, newInspect(stdout))
	return data
}

func listData(w io.Writer, dir string) error {
	out := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, info := range datasets.List(dir) {
		state := "not found"
		switch {
		case info.Drawn:
			state = "always there"
		case len(info.Found) > 0:
			state = "found"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", info.Name, state, info.About)
		if state == "not found" {
			fmt.Fprintf(out, "\t\twants %s\n", info.Wants)
		}
	}
	return out.Flush()
}

// getData downloads one data set and says what is there now.
func getData(cmd *cobra.Command, stdout, stderr io.Writer, name string, opts datasets.GetOptions) error {
	opts.Out, opts.Terminal = stderr, isTerminal(stderr)
	reports, err := datasets.Get(cmd.Context(), name, opts)
	for _, r := range reports {
		switch {
		case r.Already && r.Digest == "":
			fmt.Fprintf(stdout, "%s  was there; check it with: xsam data verify %s\n", shown(r.Path), name)
		case r.Already:
			fmt.Fprintf(stdout, "%s  was there; %s as published\n", shown(r.Path), r.Digest)
		default:
			fmt.Fprintf(stdout, "%s  %s as published\n", shown(r.Path), r.Digest)
		}
	}
	return err
}

func verifyData(w io.Writer, name, dir string) error {
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
