package browsertest

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/internal/report/live"
	"github.com/xsam-go/xsam/runlog"
)

// A live page follows a run: curves move, what the reader has opened stays open, a broken record shows as a message,
// and the page outlives the server.
func TestLive(t *testing.T) {
	chromium(t)
	dir := t.TempDir()
	runs := fixture.Runs{Methods: []string{"sgd", "sam", "xsam"}, Seeds: 2, Epochs: 10}
	fixture.Write(t, filepath.Join(dir, "digits"), runs)
	run := filepath.Join(dir, "digits", "xsam-seed1")
	if err := os.Remove(filepath.Join(run, runlog.SummaryFile)); err != nil {
		t.Fatal(err)
	}
	s, err := live.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Interval = 50 * time.Millisecond
	server := httptest.NewServer(s)
	defer func() {
		server.CloseClientConnections()
		server.Close()
		s.Close()
	}()

	b := browser(t, 1280)
	b.open(server.URL, "dark")
	b.until("the list", `document.querySelectorAll('.list a').length === 1`)
	b.picture("list")
	if found := b.violations(axe(t)); found != "" {
		t.Errorf("axe-core finds in the list\n%s", found)
	}
	evaluate[bool](b, `document.querySelector('.list a').click(), true`)
	b.until("the page", `document.title.startsWith('digits') && document.querySelectorAll('.figure').length > 8`)
	b.until("the first event", `document.getElementById('live').textContent.includes('updated at')`)

	// Open a table, choose the logarithmic form, zoom and stand on the chart.
	b.focus("c1-train-loss-plot")
	b.press("+")
	evaluate[bool](b, `document.getElementById('c1-train-loss-numbers').open = true, document.getElementById('c1-train-loss-log').click(), document.getElementById('c1-train-loss-plot').focus(), true`)
	const line = `document.querySelector('#c1-train-loss .linear polyline').getAttribute('points')`
	before := evaluate[string](b, line)
	metrics, _, err := runlog.OpenMetrics(run, func(runlog.Record) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for epoch := 11; epoch <= 14; epoch++ {
		if err := metrics.Append(runlog.Record{Kind: runlog.Train, Step: int64(10 * epoch),
			Epoch: runlog.Num(float64(epoch)), Loss: runlog.Num(0.1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := metrics.Close(); err != nil {
		t.Fatal(err)
	}
	b.until("the curve moves", fmt.Sprintf("%s !== %q", line, before))
	b.until("the page is whole again", `document.getElementById('c1-runs').textContent.includes('at epoch 14.0 of 10')`)
	if !evaluate[bool](b,
		`document.getElementById('c1-train-loss-numbers').open && document.getElementById('c1-train-loss-log').checked`) {
		t.Error("an update closes what was open, or forgets the logarithmic form")
	}
	if got := evaluate[string](b, active); got != "c1-train-loss-plot" {
		t.Errorf("after an update the focus is on %q", got)
	}

	fixture.Damage(t, filepath.Join(run, runlog.MetricsFile), "nonsense\n")
	b.until("the message about the broken record",
		`document.getElementById('c1-warnings').textContent.includes('digits/xsam-seed1/metrics.jsonl: no valid record in line 1')`)
	if err := runlog.WriteSummary(run, fixture.Summary("xsam", 2, 1, 10)); err != nil {
		t.Fatal(err)
	}
	b.until("the verdict is final", `!document.querySelector('.provisional')`)
	b.picture("live")
	if found := b.violations(axe(t)); found != "" {
		t.Errorf("axe-core finds\n%s", found)
	}
	b.quiet()

	server.CloseClientConnections()
	server.Listener.Close()
	b.until("the page says that the server is gone",
		`document.getElementById('live').textContent.includes('no connection') && document.querySelectorAll('.figure').length > 8`)
}
