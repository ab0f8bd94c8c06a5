package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/report/live"
)

func newServe(stdout io.Writer) *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "serve DIR",
		Short: "Show the report in a browser, live while runs are going on",
		Long: `Serve shows the page of xsam report in a browser and keeps it up to date while runs are going on. DIR is a
folder of run directories, or a folder of such folders, which are listed.

It reads and never writes, it shows nothing but the records under DIR, and it listens on this machine
alone unless --addr says otherwise: there is no password, so leave it at that on a network you do not trust.
Ctrl-C ends it.`,
		Example: `  xsam serve xsam-runs
  xsam serve xsam-runs/glyphs-cnn-20260101-120000 --addr 127.0.0.1:9000`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return serve(cmd.Context(), args[0], address, stdout) },
	}
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	return cmd
}

// serve answers until ctx ends, which is its usual end and no error.
func serve(ctx context.Context, dir, address string, stdout io.Writer) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%w: want a folder with run records, as --out of xsam compare makes it", err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file: want a folder with run records, as --out of xsam compare makes it", dir)
	}
	server, err := live.New(dir)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }() // of a folder that was read
	server.Options = reportOptions
	listener, err := server.Listen(address)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	return server.Serve(ctx, listener)
}
