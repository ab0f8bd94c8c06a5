package report

import (
	"bytes"
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/plots"
)

// every figure of the page is a file, and every file a figure of the page, in all formats.
func TestFilesAreTheFiguresOfThePage(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 3, Epochs: 10, Curvature: true}))
	var linked []string
	page := pageOf(t, Options{File: func(_ []*Comparison, figure, format string) string {
		if format == "pdf" {
			linked = append(linked, figure)
		}
		return "figures/" + figure + "." + format
	}}, c)
	var files []string
	for _, f := range Files(c) {
		files = append(files, f.Name)
		for _, format := range FileFormats() {
			if !strings.Contains(page, `href="figures/`+f.Name+"."+format+`"`) {
				t.Errorf("the page does not link %s.%s", f.Name, format)
			}
			var out bytes.Buffer
			if err := f.Encode(&out, format, plots.Size{Width: 8, Height: 6}); err != nil || out.Len() == 0 {
				t.Errorf("%s.%s: %d bytes, %v", f.Name, format, out.Len(), err)
			}
			if text := out.String(); format != "pdf" && (strings.Contains(text, "NaN") || strings.Contains(text, "Inf")) {
				t.Errorf("%s.%s holds NaN or Inf", f.Name, format)
			}
		}
	}
	slices.Sort(files)
	slices.Sort(linked)
	if !slices.Equal(files, linked) {
		t.Errorf("files %q, linked on the page %q", files, linked)
	}
	for _, want := range []string{"differences", "train-loss", "density", "surface-4", "cost"} {
		if !slices.Contains(files, want) {
			t.Errorf("there is no figure %s among %q", want, files)
		}
	}
}

// The CSV of a chart has all its points, though the table on the page is thinned.
func TestCSVHasEveryPoint(t *testing.T) {
	const epochs = 150
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:2], Seeds: 2, Epochs: epochs}))
	for _, f := range Files(c) {
		if f.Name != "train-loss" {
			continue
		}
		var out bytes.Buffer
		if err := f.Encode(&out, "csv", plots.DefaultSize()); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 1+2*epochs || !slices.Equal(rows[0], []string{"series", "epoch",
			"mean loss over the epoch's batches", "ci95_low", "ci95_high"}) {
			t.Fatalf("%d rows, head %q, %v: want %d and the axes' names", len(rows), rows[0], err, 1+2*epochs)
		}
		s := c.training()[0].Series[0]
		if want := []string{"sgd", "3", full(s.Y[2]), full(s.Lo[2]), full(s.Hi[2])}; !slices.Equal(rows[3], want) {
			t.Errorf("row 3 is %q, want %q", rows[3], want)
		}
	}
}

// Laid over each other, the charts have the series of both, each of a method in its one look, and a reference that both
// have once.
func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	a := load(t, fixture.Write(t, filepath.Join(dir, "a"), fixture.Runs{Methods: []string{"sgd", "sam", "xsam"}, Seeds: 2, Epochs: 6,
		Curvature: true}))
	b := load(t, fixture.Write(t, filepath.Join(dir, "b"), fixture.Runs{Methods: []string{"sam", "xsam"}, Seeds: 3, Epochs: 6,
		Curvature: true}))
	o := newOverlay(a, b)
	charts := o.lay((*Comparison).charts)
	at := slices.IndexFunc(charts, func(c Chart) bool { return c.ID == "train-loss" })
	styleOf := map[string]int{}
	var names []string
	for _, s := range charts[at].Series {
		names = append(names, s.Name)
		if k, ok := styleOf[s.Method]; ok && k != s.Style {
			t.Errorf("%s has the looks %d and %d", s.Method, k, s.Style)
		}
		styleOf[s.Method] = s.Style
		if want := plots.FirstLine; strings.HasPrefix(s.Name, "a: ") != (s.Line == want) {
			t.Errorf("%s is drawn with line %d", s.Name, s.Line)
		}
	}
	if want := []string{"a: sgd", "a: sam", "a: xsam", "b: sam", "b: xsam"}; !slices.Equal(names, want) {
		t.Errorf("series %q, want %q", names, want)
	}
	at = slices.IndexFunc(charts, func(c Chart) bool { return c.ID == "stability" })
	references := 0
	for _, s := range charts[at].Series {
		if s.Style == Reference {
			references++
		}
	}
	if references != 1 {
		t.Errorf("%d lines 2/η of one learning rate, want 1", references)
	}
	forests := o.forests()
	if len(forests) != 2 || len(forests[0].Rows) != 3 || forests[0].Rows[2].Head != "b: xsam" {
		t.Errorf("forests %+v, want two of three rows, sgd and xsam of a and xsam of b", forests)
	}
	if len(a.order) != 0 {
		t.Error("the comparison itself was changed")
	}
	if same := newOverlay(a, a); same.parts[0].name == same.parts[1].name {
		t.Errorf("both are called %s", same.parts[0].name)
	}
	page := pageOf(t, Options{Overlay: true}, a, b)
	for _, want := range []string{`id="o-train-loss"`, `id="c1-train-loss"`, `id="c2-train-loss"`} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%s is %d times on the page, want once", want, strings.Count(page, want))
		}
	}
	if len(Files(a, b)) < 8 {
		t.Errorf("%d figures of the overlay", len(Files(a, b)))
	}
}

// Planes over the same directions share axes and colours, on the page and in files.
func TestSurfacesShareTheirFrame(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 2, Epochs: 4, Curvature: true}))
	surfaces := c.surfaces()
	if len(surfaces) != len(methods) {
		t.Fatalf("%d surfaces, want one a method", len(surfaces))
	}
	for _, s := range surfaces {
		if s.picture.Frame != surfaces[0].picture.Frame || s.Lowest != surfaces[0].Lowest || len(s.XTicks) == 0 ||
			s.XTicks[0] != surfaces[0].XTicks[0] {
			t.Errorf("%s has the frame %+v and ticks %v, want those of the first", s.Title, s.picture.Frame, s.XTicks)
		}
	}
}
