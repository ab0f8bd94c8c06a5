package serve

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/report"
)

var xsam = clitest.Of(func(stdout, _ io.Writer) *cobra.Command { return New(stdout, report.Options{}) })

func TestHelp(t *testing.T) { xsam.Help(t, "serve") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"serve":                   "accepts 1 arg",
		"serve . --addr nonsense": "want host:port",
	})
	xsam.Fails(t, exit.Failed, map[string]string{"serve nowhere": "want a folder with run records"})
	if err := os.WriteFile("file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := xsam.Run("serve", "file"); code != exit.Failed || !strings.Contains(stderr, "file is a file") {
		t.Errorf("exit %d, stderr %q, want that it is a file", code, stderr)
	}
}

// addressWriter hands on what a command writes.
type addressWriter chan string

func (w addressWriter) Write(p []byte) (int, error) {
	w <- strings.TrimSpace(string(p))
	return len(p), nil
}

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	address, done := make(addressWriter, 1), make(chan int, 1)
	var stderr bytes.Buffer
	go func() { done <- xsam.Start(ctx, address, &stderr, "serve", t.TempDir(), "--addr", "127.0.0.1:0") }()
	select {
	case url := <-address:
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("status %d", response.StatusCode)
		}
	case code := <-done:
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	stop() // what Ctrl-C does
	select {
	case code := <-done:
		if code != exit.Done {
			t.Errorf("exit %d, want %d: to be ended is the usual end", code, exit.Done)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("serve does not end")
	}
}
