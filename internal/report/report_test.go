package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

var methods = []string{"sgd", "sam", "xsam", "xsam-lite"}

// load reads the runs under dir.
func load(t *testing.T, dir string) *Comparison {
	t.Helper()
	fsys := os.DirFS(dir)
	runs, err := runlog.List(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	return Load(fsys, filepath.Base(dir), runs)
}

func pageOf(t *testing.T, o Options, comparisons ...*Comparison) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, comparisons, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words is the text of a page.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// Every part of the page that the data allows is there, with its table, and refers to nothing outside.
func TestStructure(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 20, Curvature: true})
	page := pageOf(t, Options{Command: func(*Comparison) string { return "xsam compare --data digits" }}, load(t, dir))
	for _, id := range []string{
		"verdict", "methods", "early", "training", "curvature", "cost", "recipe", "train-loss", "test-accuracy", "lambda",
		"angle", "step-time", "early-loss", "stability",
		"accuracy-lambda", "accuracy-time", "accuracy-gradients", "spectrum", "density", "layers", "lambda-measured",
		"line-1", "surface-1", "surface-4",
	} {
		if strings.Count(page, `id="c1-`+id+`"`) != 1 {
			t.Errorf("there is no part %s, or several", id)
		}
	}
	for _, text := range []string{"xsam compare --data digits", "2/η, η from 0.05, cosine",
		"rise of the loss, sam ρ = 0.05", "label_noise", "1 dense_0, 2 dense_1, 3 readout"} {
		if !strings.Contains(words(page), text) {
			t.Errorf("%q is not on the page", text)
		}
	}
	if figures, numbers := strings.Count(page, `<figure class="figure"`), strings.Count(page,
		"<summary>Numbers"); figures != numbers {
		t.Errorf("%d charts and %d tables behind them", figures, numbers)
	}
	for _, outside := range []string{"http://", "https://", " src=", "@import", "url("} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), outside) {
			t.Errorf("the page holds %q, a reference to something else", outside)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf ") {
		t.Error("the page holds NaN or Inf")
	}
	if ids := regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1); true {
		seen := map[string]bool{}
		for _, id := range ids {
			if seen[id[1]] {
				t.Errorf("two elements have the id %q", id[1])
			}
			seen[id[1]] = true
		}
	}
}

// Names come from files that anyone may have written.
func TestHTMLInNames(t *testing.T) {
	evil := []string{`sam:<script>alert("1")</script>&'`, "xsam:<b>*|_", "xsam-lite:<i>"}
	dir := t.TempDir()
	for i, method := range evil {
		fixture.WriteRun(t, filepath.Join(dir, fmt.Sprint(i)), method, i, 0, fixture.Runs{Epochs: 3})
	}
	c := load(t, dir)
	c.Name = "<img src=x onerror=alert(1)>"
	page := pageOf(t, Options{}, c)
	for _, bad := range []string{"<script>alert", "<img", "<b>", "<i>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q as it came", bad)
		}
	}
	for _, want := range []string{evil[0], evil[1] + ": (a) test accuracy above SAM's", evil[2] + ": (c) λmax below"} {
		if !strings.Contains(words(page), want) {
			t.Errorf("%q does not show", want)
		}
	}
	var md bytes.Buffer
	if err := WriteMarkdown(&md, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", "<img", "<b>", "<i>", "*|_"} {
		if strings.Contains(md.String(), bad) {
			t.Errorf("the Markdown holds %q as it came: %s", bad, md.String())
		}
	}
}

// A record that is not finite, or grids that do not fit, draw nothing and break nothing.
func TestOddNumbers(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:2], Seeds: 2, Epochs: 3})
	var lines strings.Builder
	for i, loss := range []float64{1e308, -1e308, 0, 5e-324, 1e300} {
		at := runlog.Num(float64(i + 1))
		text, _ := json.Marshal(runlog.Record{Kind: runlog.Train, Step: int64(i + 1), Epoch: at, Loss: runlog.Num(loss)})
		lines.Write(append(text, '\n'))
	}
	fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.MetricsFile), lines.String())
	odd := runlog.Measurement{Measure: runlog.MeasureLandscape, Landscape: &runlog.Landscape{
		Directions: []string{"a", "b"}, X: []float64{1, 1}, Y: []float64{0, 1}, Loss: [][]runlog.Number{{runlog.Num(1)}, {}},
	}}
	if err := runlog.AppendMeasurement(filepath.Join(dir, "sgd-seed0"), odd); err != nil {
		t.Fatal(err)
	}
	if page := pageOf(t, Options{}, load(t, dir)); strings.Contains(page, "NaN") {
		t.Error("the page holds NaN")
	}
}

type brokenWriter struct{}

var errDisk = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }

func TestWriteErrors(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []*Comparison, Options) error{"html": WriteHTML,
		"md": WriteMarkdown} {
		if err := write(brokenWriter{}, []*Comparison{{}}, Options{}); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v, want %v", name, err, errDisk)
		}
	}
}

// Twenty runs of the paper's 200 epochs, with every measurement, stay below 3 MiB.
func TestSize(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 200, Curvature: true})
	page := pageOf(t, Options{}, load(t, dir))
	if most := 3 << 20; len(page) > most {
		t.Errorf("the page has %d bytes, want at most %d", len(page), most)
	}
	t.Logf("%d bytes", len(page))
}
