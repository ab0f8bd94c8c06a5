package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// stream opens a stream of events and returns a function that waits for the next one.
func stream(t *testing.T, address string) (next func(what string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q, want text/event-stream", got)
	}
	lines := bufio.NewScanner(response.Body)
	return func(what string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: changed" {
				return
			}
		}
		t.Fatalf("the stream ended before %s: %v", what, lines.Err())
	}
}

// While a run grows, breaks and goes away, the stream tells so and the page stands with a message that names the file.
func TestLive(t *testing.T) {
	address, dir := serving(t)
	run := filepath.Join(dir, "first", "xsam-seed1")
	page := func() string {
		t.Helper()
		status, _, body := get(t, address, "GET", "/c/first", "")
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, body)
		}
		return body
	}
	metrics, _, err := runlog.OpenMetrics(run, func(runlog.Record) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	next := stream(t, address+"/events/c/first")
	next("the first event")

	if err := os.Remove(filepath.Join(run, runlog.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	next("the summary went")
	if !strings.Contains(page(), "at epoch 3.00 of 3") {
		t.Error("the page does not say how far the run is")
	}
	record := runlog.Record{Kind: runlog.Train, Step: 40, Epoch: runlog.Num(4), Loss: runlog.Num(0.123456)}
	if err := errors.Join(metrics.Append(record), metrics.Close()); err != nil {
		t.Fatal(err)
	}
	next("a record was written")
	if !strings.Contains(page(), "at epoch 4.00 of 3") {
		t.Error("the page does not show the new record")
	}
	file, err := os.OpenFile(filepath.Join(run, runlog.MetricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintln(file, "garbage")
	next("a record was broken")
	if body := page(); !strings.Contains(body, "first/xsam-seed1/metrics.jsonl: no valid record in line") {
		t.Error("the page does not name the broken file")
	}
	fixture.Damage(t, filepath.Join(run, runlog.ConfigFile), "{")
	next("a recipe was broken")
	if body := page(); !strings.Contains(body, "first/xsam-seed1/config.json is no valid recipe") {
		t.Error("the page does not name the broken recipe")
	}
	if err := os.RemoveAll(run); err != nil {
		t.Fatal(err)
	}
	next("a run went")
	page()
	if err := os.RemoveAll(filepath.Join(dir, "first")); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := get(t, address, "GET", "/c/first", ""); status != http.StatusNotFound {
		t.Errorf("a comparison that went: status %d, want %d", status, http.StatusNotFound)
	}
}

// The end of the server ends its streams.
func TestEndWithOpenStream(t *testing.T) {
	address, stop, done := listen(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: []string{"sgd"}, Seeds: 1,
		Epochs: 3}))
	stream(t, address+"/events/c/")("the first event")
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("the end: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("an open stream keeps the server from ending")
	}
}
