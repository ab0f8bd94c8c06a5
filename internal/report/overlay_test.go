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
	"github.com/xsam-go/xsam/runlog"
)

// unlike are two comparisons that hardly share a chart: of 5 epochs with test images, of 40 with validation images.
func unlike(t *testing.T) (short, long *Comparison) {
	t.Helper()
	dir := t.TempDir()
	short = load(t, fixture.Write(t, filepath.Join(dir, "short"), fixture.Runs{Methods: []string{"sgd", "sam", "xsam"},
		Seeds: 2, Epochs: 5, Curvature: true}))
	long = load(t, fixture.Write(t, filepath.Join(dir, "long"), fixture.Runs{Methods: []string{"sgd", "xsam"}, Seeds: 2,
		Epochs: 40, Curvature: true}))
	for _, r := range long.Runs {
		r.Setup.ValidationSize = 100
		r.Summary.ValidationAccuracy, r.Summary.TestAccuracy = r.Summary.TestAccuracy, runlog.Number{}
		for i := range r.Records {
			if r.Records[i].Split == runlog.TestSplit {
				r.Records[i].Split = runlog.ValidationSplit
			}
		}
	}
	return short, long
}

// Charts share axes where their titles and units are the same, and there alone; each has an ID of its own.
func TestOverlayKeepsApartWhatDiffers(t *testing.T) {
	short, long := unlike(t)
	ids := map[string]bool{}
	series := map[string][]string{} // their comparisons, by title
	for _, c := range newOverlay(short, long).lay((*Comparison).charts) {
		if ids[c.ID] {
			t.Errorf("two charts have the ID %s", c.ID)
		}
		ids[c.ID] = true
		for _, s := range c.Series {
			name, _, _ := strings.Cut(s.Name, ":")
			if !slices.Contains(series[c.Title], name) && s.Style != Reference {
				series[c.Title] = append(series[c.Title], name)
			}
		}
	}
	for title, want := range map[string]string{
		"Test accuracy": "short", "Validation accuracy": "long", "Training loss": "short long",
		"Training loss, first 2 epochs": "short", "Training loss, first 4 epochs": "long",
		"Loss along eigenvector 1": "short long",
	} {
		if got := strings.Join(series[title], " "); got != want {
			t.Errorf("%s has series of %q, want %q", title, got, want)
		}
	}
	words, errors := perplexities(), perplexities()
	errors.Name = "errors"
	for _, r := range errors.Runs {
		r.Summary.Metric = "rmse"
	}
	for _, c := range newOverlay(words, errors).lay((*Comparison).charts) {
		for _, s := range c.Series {
			if ofErrors := strings.HasPrefix(s.Name, "errors: "); kindOf(c.ID) == "test-metric" &&
				ofErrors != strings.Contains(c.Title, "rmse") {
				t.Errorf("%s, titled %q", s.Name, c.Title)
			}
		}
	}
}

// The page of an overlay links the figures that there are.
func TestOverlayLinksItsFigures(t *testing.T) {
	short, long := unlike(t)
	var there []string
	for _, f := range Files(short, long) {
		there = append(there, f.Name)
	}
	pageOf(t, Options{Overlay: true, File: func(of []*Comparison, figure, _ string) string {
		if len(of) == 2 && !slices.Contains(there, figure) {
			t.Errorf("the overlay links %s, want one of %q", figure, there)
		}
		return figure
	}}, short, long)
}

// 2/η over 5 epochs is another line than over 40, and than the same with a warm-up.
func TestOverlayOfSchedules(t *testing.T) {
	short, long := unlike(t)
	for _, r := range long.of("xsam") {
		r.Setup.WarmupSteps = 20
	}
	ends := map[string]float64{}
	for _, c := range newOverlay(short, long).lay((*Comparison).charts) {
		for _, s := range c.Series {
			if s.Style == Reference && c.ID == "stability" {
				ends[s.Name] = s.X[len(s.X)-1]
			}
		}
	}
	for name, most := range map[string]float64{"5 epochs": 5, "40 epochs": 40, "40 epochs, 20 warm-up steps": 40} {
		if end := ends["2/η, η from 0.05, cosine, "+name]; end < 0.9*most || end > most { // it is cut off at 2 % of η
			t.Errorf("the line of %s ends at epoch %g among %v, want near %g", name, end, ends, most)
		}
	}
}

// Every row of differences.csv has its own comparison's baseline.
func TestOverlayOfBaselines(t *testing.T) {
	short, long := unlike(t)
	var out bytes.Buffer
	if err := Files(short, long)[0].Encode(&out, "csv", plots.DefaultSize()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) < 6 {
		t.Fatalf("%q, %v, want five differences at least", rows, err)
	}
	for _, row := range rows[1:] {
		if want := map[bool]string{true: "sam", false: "sgd"}[strings.HasPrefix(row[1], "short: ")]; row[2] != want {
			t.Errorf("%s of %s is from %s, want %s", row[0], row[1], row[2], want)
		}
	}
}
