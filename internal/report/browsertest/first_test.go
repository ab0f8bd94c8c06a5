package browsertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// The first screen has the verdict and the differences from SAM, and the claims are folded.
func TestFirstScreen(t *testing.T) {
	address := written(t)
	for _, size := range []struct{ width, height int64 }{{390, 844}, {1280, 900}, {1920, 1000}} {
		b := browser(t, size.width)
		b.open(address, "light")
		got := evaluate[struct{ Verdict, Forest, Row float64 }](b, `(() => {
			const bottom = s => document.querySelector(s).getBoundingClientRect().bottom;
			return { Verdict: bottom('.headline'), Forest: bottom('.forests'), Row: bottom('.forest tbody tr') };
		})()`)
		if last := got.Forest; got.Verdict > float64(size.height) || got.Row > float64(size.height) ||
			size.width > 1000 && last > float64(size.height) {
			t.Errorf("on a screen of %d by %d the verdict ends at %v, the first difference at %v, all at %v: want them on it",
				size.width, size.height, got.Verdict, got.Row, last)
		}
		if evaluate[bool](b, `document.getElementById('c1-claims-all').open`) {
			t.Error("the claims are not folded")
		}
		b.quiet()
	}
}

// hidden are the series of a figure that do not show.
func hidden(figure string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#%s svg.linear .data > g')].filter(g => getComputedStyle(g).display === 'none').length`,
		figure)
}

// A name in a legend hides its method, with the keyboard too, in all figures of the comparison.
func TestLegendToggles(t *testing.T) {
	b := browser(t, 1280)
	b.open(written(t), "light")
	const toggle = "c1-train-loss-t1"
	b.focus(toggle)
	b.press(" ")
	for figure, want := range map[string]int{"c1-train-loss": 1, "c1-test-accuracy": 1, "c1-accuracy-time": 1, "c1-lambda": 0} {
		if got := evaluate[int](b, hidden(figure)); got != want { // λ is known of X-SAM alone
			t.Errorf("%s: %d series are hidden, want %d", figure, got, want)
		}
	}
	if evaluate[bool](b, `document.getElementById('c1-test-accuracy-t1').checked`) {
		t.Error("the legend of another figure says that SAM shows")
	}
	b.picture("toggled")
	if found := b.violations(axe(t)); found != "" {
		t.Errorf("axe-core finds\n%s", found)
	}
	b.press(" ")
	if got := evaluate[int](b, hidden("c1-train-loss")); got != 0 {
		t.Errorf("after a second time %d series are hidden", got)
	}
	b.quiet()
}

// Two comparisons laid over each other, with figures as files beside them.
func TestOverlay(t *testing.T) {
	chromium(t)
	var both []*report.Comparison
	for i, name := range []string{"plain", "with label noise"} {
		dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: []string{"sgd", "sam", "xsam"}, Seeds: 3 + i, Epochs: 20 + 10*i,
			Curvature: true})
		runs, err := runlog.List(os.DirFS(dir), ".")
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, report.Load(os.DirFS(dir), name, runs))
	}
	var html bytes.Buffer
	file := func(_ []*report.Comparison, figure, format string) string { return "figures/" + figure + "." + format }
	if err := report.WriteHTML(&html, both, report.Options{Overlay: true, File: file}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, html.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b := browser(t, width)
			b.open("file://"+path, scheme)
			if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("the page is %d pixels wide on a screen of %d", wide, width)
			}
			got := evaluate[[]string](b, `['#o-train-loss .line1 .line', '#o-train-loss .line2 .line'].map(s => getComputedStyle(document.querySelector(s)).strokeDasharray)`)
			if got[0] != "none" || got[1] != "5px, 4px" {
				t.Errorf("the lines of the two have gaps %q, want none and 5px, 4px", got)
			}
			b.picture(fmt.Sprintf("overlay-%d-%s", width, scheme))
			b.quiet()
			if found := b.violations(axe(t)); found != "" {
				t.Errorf("axe-core finds\n%s", found)
			}
		}
	}
}
