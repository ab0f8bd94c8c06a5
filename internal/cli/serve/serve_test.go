package serve

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsam-go/xsam/internal/cli/internal/clitest"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/cli/internal/flags"
	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

var xsam = clitest.Of(func(stdout, _ io.Writer) *cobra.Command { return New(stdout, report.Options{}) })

func TestHelp(t *testing.T) { xsam.Help(t, "serve") }

func TestFailures(t *testing.T) {
	xsam.Fails(t, exit.WrongUsage, map[string]string{
		"serve one two":           "accepts at most 1 arg",
		"serve . --addr nonsense": "want host:port",
	})
	if err := os.WriteFile("file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := xsam.Run("serve", "file"); code != exit.Failed || !strings.Contains(stderr, "file is a file") {
		t.Errorf("exit %d, stderr %q, want that it is a file", code, stderr)
	}
}

// The trials of a search are not served: the folder of the runs is named.
func TestTrials(t *testing.T) {
	trial := filepath.Join("runs", "tune", "sam-trial0")
	t.Chdir(t.TempDir())
	if err := runlog.WriteConfig(trial, map[string]any{"method": "sam", "seed": 1000}); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := xsam.Run("serve", filepath.Dir(trial), "--addr", "127.0.0.1:0"); code != exit.Failed ||
		!strings.Contains(stderr, "chosen settings, runs, where tune.json") {
		t.Errorf("exit %d, stderr %q, want that the trials are those of runs", code, stderr)
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

// A folder that is not there yet is waited for: of xsam-runs, where runs will go, too.
func TestServeWaits(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"later", flags.RunsFolder} {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		address, done := make(addressWriter, 1), make(chan int, 1)
		waits := make(addressWriter, 1)
		args := []string{"serve", "--addr", "127.0.0.1:0"}
		if dir != flags.RunsFolder {
			args = append(args, dir)
		}
		go func() { done <- xsam.Start(ctx, address, waits, args...) }()
		if said := <-waits; !strings.Contains(said, "waiting for "+dir) {
			t.Errorf("%q, want that it waits", said)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		select {
		case <-address:
		case code := <-done:
			t.Fatalf("%s: exit %d, want an address", dir, code)
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: no address", dir)
		}
		stop()
		<-done
	}
	ctx, stop := context.WithCancel(context.Background())
	waits, done := make(addressWriter, 1), make(chan int, 1)
	go func() { done <- xsam.Start(ctx, waits, waits, "serve", "never") }()
	<-waits
	stop() // what Ctrl-C does
	if code := <-done; code != exit.Done {
		t.Errorf("exit %d while it waits, want %d", code, exit.Done)
	}
}
