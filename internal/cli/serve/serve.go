// Package serve is the command xsam serve: the page of xsam report in a browser, live.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/internal/report/live"
	"github.com/xsam-go/xsam/runlog"
)

// options are the flags of xsam serve.
type options struct {
	stdout io.Writer

	page         report.Options
	dir, address string
}

// New returns the command. Its pages are made with the options page.
func New(stdout io.Writer, page report.Options) *cobra.Command {
	o := &options{stdout: stdout, page: page}
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Show the report in a browser, live while runs are going on",
		Long: `Serve shows the page of xsam report in a browser and keeps it up to date while runs are going on. DIR is a
folder of run directories, or a folder of such folders, which are listed; if it is not there yet, serve waits
for it. Without DIR it is the newest folder in xsam-runs.

It reads and never writes, it shows nothing but the records under DIR, and it listens on this machine
alone unless --addr says otherwise: there is no password, so leave it at that on a network you do not trust.
Ctrl-C ends it.`,
		Example: `  xsam serve
  xsam serve xsam-runs                  all that are there, newest first
  xsam serve xsam-runs/glyphs-cnn-20260101-120000 --addr 127.0.0.1:9000`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch newest, err := flags.NewestRuns(); {
			case len(args) > 0:
				o.dir = args[0]
			case err == nil:
				o.dir = newest
			default:
				o.dir = flags.RunsFolder
			}
			if wait(cmd.Context(), o.dir, cmd.ErrOrStderr()); cmd.Context().Err() != nil {
				return nil
			}
			return run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.address, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	return cmd
}

// look is the time between two looks for a folder that is not there yet.
const look = 300 * time.Millisecond

// wait returns when there is such a folder, or ctx ends, which is its usual end and no error.
func wait(ctx context.Context, dir string, stderr io.Writer) {
	for told := false; ; told = true {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return // run says what else is wrong
		}
		if !told {
			fmt.Fprintf(stderr, "xsam: waiting for %s, which is not there yet; Ctrl-C ends it\n", dir)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(look):
		}
	}
}

// run answers until ctx ends, which is its usual end and no error.
func run(ctx context.Context, o *options) error {
	if info, err := os.Stat(o.dir); err != nil {
		return fmt.Errorf("%w: want a folder with run records, as --out of xsam compare makes it", err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file: want a folder with run records, as --out of xsam compare makes it", o.dir)
	}
	if runs, err := runlog.List(os.DirFS(o.dir), "."); err == nil {
		if err := flags.NoTrials(o.dir, runs); err != nil {
			return err
		}
	}
	if _, _, err := net.SplitHostPort(o.address); err != nil {
		return exit.Usagef("--addr %q: want host:port, 127.0.0.1:8080 for instance: %v", o.address, err)
	}
	server, err := live.New(o.dir)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }() // of a folder that was read
	server.Options = o.page
	listener, err := server.Listen(o.address)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "http://%s\n", listener.Addr())
	return server.Serve(ctx, listener)
}
