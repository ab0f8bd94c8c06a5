package data

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/cli/internal/progress"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// getOptions are the flags of xsam data get.
type getOptions struct {
	stdout, stderr io.Writer

	dir    *string
	mirror string
}

func newGet(stdout, stderr io.Writer, dir *string) *cobra.Command {
	o := &getOptions{stdout: stdout, stderr: stderr, dir: dir}
	cmd := &cobra.Command{
		Use:   "get NAME...",
		Short: "Download the full files of data sets from their official homes",
		Long: `Get downloads the full files of data sets from where their authors publish them into the data folder, and
compares them with published checksums: SHA-256 for mnist and fashion-mnist, MD5, for want of better, for
cifar10 and cifar100. An interrupted download goes on where it ended. Files that are there are left alone.`,
		Example: `  xsam data get cifar10 cifar100 --data-dir DIR
  xsam data get mnist --data-dir DIR --mirror https://HOST/FOLDER`,
		Args:      names(datasets.Downloads()),
		ValidArgs: datasets.Downloads(),
		RunE: func(cmd *cobra.Command, names []string) error {
			for _, name := range names {
				if err := get(cmd.Context(), o, name); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.mirror, "mirror", "",
		"`address` of a folder with the same files, instead of the official home")
	return cmd
}

// get downloads one data set and says what is there now.
func get(ctx context.Context, o *getOptions, name string) error {
	reports, err := datasets.Get(ctx, name, datasets.GetOptions{Dir: *o.dir, Mirror: o.mirror, Out: o.stderr,
		Terminal: progress.IsTerminal(o.stderr)})
	for _, r := range reports {
		switch {
		case r.Already && r.Digest == "":
			fmt.Fprintf(o.stdout, "%s  was there; check it with: xsam data verify %s\n", show.Path(r.Path), name)
		case r.Already:
			fmt.Fprintf(o.stdout, "%s  was there; %s as published\n", show.Path(r.Path), r.Digest)
		default:
			fmt.Fprintf(o.stdout, "%s  %s as published\n", show.Path(r.Path), r.Digest)
		}
	}
	return err
}
