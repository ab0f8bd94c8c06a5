package browsertest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// written writes the report of 20 runs and returns its address. XSAM_RUNS takes a folder of real runs in their place.
func written(t *testing.T) string {
	t.Helper()
	chromium(t)
	dir := os.Getenv("XSAM_RUNS")
	if dir == "" {
		dir = fixture.Write(t, t.TempDir(), fixture.Runs{Methods: []string{"sgd", "sam", "xsam", "xsam-lite"}, Seeds: 5,
			Epochs: 60, Curvature: true})
	}
	runs, err := runlog.List(os.DirFS(dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	var html bytes.Buffer
	options := report.Options{
		Command: func(*report.Comparison) string { return "xsam compare --data digits --epochs=60 --seeds 5" },
	}
	if err := report.WriteHTML(&html, []*report.Comparison{report.Load(os.DirFS(dir), "digits", runs)},
		options); err != nil {
		t.Fatal(err)
	}
	if most := 3 << 20; html.Len() > most {
		t.Errorf("the report of %d runs has %d bytes, want at most %d", len(runs), html.Len(), most)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, html.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// drawn counts the charts, and those of which the shown form has nothing in it.
const drawn = `(() => { const figures = [...document.querySelectorAll('.figure')]; return { all: figures.length, empty: figures.filter(f => {
	const svg = [...f.querySelectorAll('svg.chart')].filter(s => getComputedStyle(s).display !== 'none');
	if (svg.length !== 1 || svg[0].getBoundingClientRect().height < 150) return true;
	return ![...svg[0].querySelectorAll('.line, .mark, [class^=h]')].some(el => { const r = el.getBoundingClientRect(); return r.width > 0 && r.height > 0; });
}).map(f => f.id) }; })()`

func TestPage(t *testing.T) {
	address := written(t)
	for _, size := range []struct {
		name  string
		width int64
	}{{"phone", 390}, {"desktop", 1280}, {"wide", 1920}} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(size.name+" "+scheme, func(t *testing.T) {
				b := browser(t, size.width)
				b.open(address, scheme)
				if ms := evaluate[float64](b, "performance.getEntriesByType('navigation')[0].loadEventEnd"); !(ms > 0 &&
					ms < 2000) {
					t.Errorf("interactive after %.0f ms, want at most 2000", ms)
				}
				if n := evaluate[int](b,
					"performance.getEntriesByType('resource').filter(r => !r.name.startsWith('data:')).length"); n != 0 {
					t.Errorf("the page loads %d other files, want none", n)
				}
				got := evaluate[struct {
					All   int
					Empty []string
				}](b, drawn)
				if got.All < 10 || len(got.Empty) > 0 {
					t.Errorf("%d charts, nothing drawn in %q, want the 10 that need no xsam curvature, and none empty", got.All,
						got.Empty)
				}
				if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > size.width {
					t.Errorf("the page is %d pixels wide on a screen of %d", wide, size.width)
				}
				b.picture(size.name + "-" + scheme)
				b.quiet()
				if found := b.violations(axe(t)); found != "" {
					t.Errorf("axe-core finds\n%s", found)
				}
			})
		}
	}
}

const active = `document.activeElement.id`

func TestKeyboard(t *testing.T) {
	b := browser(t, 1280)
	b.open(written(t), "light")
	b.press(kb.Tab)
	if text := evaluate[string](b, "document.activeElement.textContent"); !strings.HasPrefix(text, "Skip") {
		t.Errorf("the first stop of Tab is %q, want the link past the header", text)
	}
	const chart = "c1-train-loss"
	b.focus(chart + "-log")
	b.press(" ")
	if !evaluate[bool](b,
		`getComputedStyle(document.querySelector('#`+chart+` svg.logscale')).display === 'block' && getComputedStyle(document.querySelector('#`+chart+` svg.linear')).display === 'none'`) {
		t.Error("the space bar on “logarithmic” does not show the logarithmic form")
	}
	b.press(" ")
	for _, want := range []string{"-in", "-out", "-all", "-plot"} {
		b.press(kb.Tab)
		if got := evaluate[string](b, active); got != chart+want {
			t.Fatalf("Tab goes to %q, want %q: the order of the page", got, chart+want)
		}
	}
	readout, ticks := `document.getElementById('`+chart+`-readout').textContent`,
		`document.querySelector('#`+chart+` svg.linear .xticks').textContent`
	b.press(kb.ArrowRight + kb.ArrowRight)
	if got := evaluate[string](b, readout); !strings.HasPrefix(got, "epoch 2") || !strings.Contains(got, "xsam-lite") {
		t.Errorf("arrow keys read %q, want the second epoch with all methods", got)
	}
	before := evaluate[string](b, ticks)
	b.press("++")
	if got := evaluate[string](b, ticks); got == before {
		t.Errorf("plus does not zoom: the axis stays %q", got)
	}
	b.picture("zoomed")
	b.press("0")
	if got := evaluate[string](b, ticks); got != before {
		t.Errorf("0 shows %q, want all again, %q", got, before)
	}
	b.quiet()
}

// Dragging the mouse zooms to the box.
func TestDrag(t *testing.T) {
	b := browser(t, 1280)
	b.open(written(t), "light")
	b.show("c1-train-loss-plot")
	ticks := `document.querySelector('#c1-train-loss svg.linear .xticks').textContent`
	before := evaluate[string](b, ticks)
	box := evaluate[[]float64](b,
		`(() => { const r = document.querySelector('#c1-train-loss svg.linear').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	at := func(x, y float64) (float64, float64) { return box[0] + x*box[2], box[1] + y*box[3] }
	x0, y0 := at(0.3, 0.2)
	x1, y1 := at(0.6, 0.7)
	b.do(chromedp.MouseEvent("mouseMoved", x0, y0), chromedp.MouseEvent("mousePressed", x0, y0, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseMoved", x1, y1, chromedp.ButtonLeft), chromedp.MouseEvent("mouseReleased", x1, y1,
			chromedp.ButtonLeft))
	if got := evaluate[string](b, ticks); got == before {
		t.Errorf("dragging a box leaves the axis at %q", got)
	}
	b.quiet()
}

// Without JavaScript the charts, the tables and the logarithmic form are there.
func TestWithoutScript(t *testing.T) {
	b := browser(t, 390)
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.open(written(t), "light")
	if evaluate[bool](b, "document.documentElement.classList.contains('js')") {
		t.Fatal("the script ran")
	}
	b.show("c1-train-loss-log")
	b.focus("c1-train-loss-log")
	b.press(" ")
	if !evaluate[bool](b,
		`getComputedStyle(document.querySelector('#c1-train-loss svg.logscale')).display === 'block' && getComputedStyle(document.querySelector('#c1-train-loss .zoom')).display === 'none'`) {
		t.Error("without JavaScript: want the logarithmic form by its box alone, and no buttons that do nothing")
	}
	b.quiet()
}

// On paper the page is dark on white whatever the scheme, without what one cannot press.
func TestPrint(t *testing.T) {
	b := browser(t, 794) // A4 at 96 points an inch
	b.open(written(t), "dark")
	b.do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print",
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}))
	got := evaluate[[]string](b,
		`[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color, getComputedStyle(document.querySelector('.tools')).display]`)
	if want := []string{"rgb(255, 255, 255)", "rgb(0, 0, 0)", "none"}; !slices.Equal(got, want) {
		t.Errorf("background, text and tools are %q, want %q", got, want)
	}
	if wide := evaluate[int](b, "document.documentElement.scrollWidth"); wide > 794 {
		t.Errorf("the page is %d pixels wide on paper of 794", wide)
	}
	b.picture("print")
	b.quiet()
}
