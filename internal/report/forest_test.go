package report

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// The differences of the first screen are those of package compare, a row for each method but the baseline, placed on
// one axis that has 0 on it.
func TestForests(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 5}))
	table := c.table("")
	forests := c.forests(table)
	if len(forests) != 2 || forests[0].Title != "test accuracy: difference from sam, points" ||
		forests[0].Better != "higher is better" || forests[1].Title != "λmax: difference from sam" ||
		forests[1].Better != "lower is better" {
		t.Fatalf("forests %+v, want those of accuracy and λmax", forests)
	}
	for k, f := range forests {
		if len(f.Rows) != 3 || f.Zero != px(f.axis.at(0)) || !(f.axis.from < 0 && f.axis.to > 0) {
			t.Fatalf("%s: %d rows, 0 at %s of an axis from %v to %v", f.Title, len(f.Rows), f.Zero, f.axis.from, f.axis.to)
		}
		for i, method := range []string{"sgd", "xsam", "xsam-lite"} {
			row, scale := rowOf(table, method), 100.0
			d := row.AccuracyDifference
			if k == 1 {
				d, scale = row.LambdaDifference, 1
			}
			r := f.Rows[i]
			if r.Head != method || r.At != px(f.axis.at(scale*d.Mean)) || r.From != px(f.axis.at(scale*(d.Mean-d.HalfWidth))) ||
				r.To != px(f.axis.at(scale*(d.Mean+d.HalfWidth))) || r.Found != (d.PHolm < 0.05) || r.Below || r.Above {
				t.Errorf("%s: row %+v, want %s at %v ± %v, found %v", f.Title, r, method, scale*d.Mean, scale*d.HalfWidth,
					d.PHolm < 0.05)
			}
		}
	}
}

// An interval that is many times as wide as all differences goes on outside, with an arrow, and one seed has none.
func TestForestOfWideIntervals(t *testing.T) {
	row := func(mean, half float64) ForestRow {
		r := ForestRow{}
		r.interval.Mean, r.interval.Lo, r.interval.Hi = mean, mean-half, mean+half
		return r
	}
	f := Forest{Rows: []ForestRow{row(1, 100), row(-0.5, 0.1), row(0.5, math.NaN())}}
	if !f.place() {
		t.Fatal("nothing is placed")
	}
	wide, narrow, one := f.Rows[0], f.Rows[1], f.Rows[2]
	if !wide.Below || !wide.Above || narrow.Below || narrow.Above || one.From != "" || one.At == "" {
		t.Errorf("rows %+v, want arrows at both ends of the first alone, and no interval of the last", f.Rows)
	}
	if f.axis.to > 4 { // three times the largest difference, with some room
		t.Errorf("the axis ends at %v", f.axis.to)
	}
	if f := (Forest{Rows: []ForestRow{row(math.NaN(), 1)}}); f.place() && f.Rows[0].At != "" {
		t.Errorf("a difference that is not known is drawn at %q", f.Rows[0].At)
	}
}

// A row says how many of its runs have not learnt, and λmax of these takes no part.
func TestForestOfRunsThatHaveNotLearnt(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 3, Epochs: 3}))
	for _, r := range c.of("xsam") {
		r.Summary.NotLearnt, r.Summary.ChanceLoss = runlog.NearChance, runlog.Num(2.3)
	}
	for _, f := range c.forests(c.table("")) {
		for _, row := range f.Rows {
			if want := "3 of 3 runs not learnt"; (row.NotLearnt == want) != (row.Head == "xsam") ||
				row.Head == "xsam" && f.ID == "lambda" {
				t.Errorf("%s: %+v", f.Title, row)
			}
		}
	}
	if text := words(pageOf(t, Options{}, c)); !strings.Contains(text, "3 of 3 runs not learnt") {
		t.Error("the page does not say so")
	}
}

// The verdict and the forest plots come first, and the claims are folded under a line that counts them.
func TestFirstScreen(t *testing.T) {
	page := pageOf(t, Options{}, load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 20})))
	last := 0
	for _, part := range []string{`class="headline"`, `<table class="forest">`, `id="c1-claims-all"`, `id="c1-methods"`} {
		at := strings.Index(page, part)
		if at < last {
			t.Errorf("%s is at %d, want it behind %d", part, at, last)
		}
		last = at
	}
	if strings.Contains(page, `id="c1-claims-all" open`) {
		t.Error("the claims are not folded")
	}
	if !strings.Contains(words(page), "The paper's claims 4 supported, 2 no test") {
		t.Error("the folded claims are not counted")
	}
}

// Axes of accuracies end within 0 and 100, however wide the bands are; others are free.
func TestAccuracyAxes(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:2], Seeds: 2, Epochs: 5})
	c := load(t, dir)
	for i, r := range c.Runs {
		r.Summary.TestAccuracy = runlog.Num(1 - float64(i%2))
		for j := range r.Records {
			if r.Records[j].Kind == runlog.Eval {
				r.Records[j].Accuracy = runlog.Num(1 - float64(i%2))
			}
		}
	}
	n := 0
	for _, chart := range c.charts() {
		_, y, ok := chart.axes(false)
		if !ok || !strings.Contains(chart.YLabel, "accuracy, %") {
			continue
		}
		n++
		if y.from < 0 || y.to > 100 || y.from >= y.to {
			t.Errorf("%s: the axis goes from %v to %v", chart.ID, y.from, y.to)
		}
	}
	if n != 4 {
		t.Errorf("%d charts of accuracy, want 4", n)
	}
}

// Each series that a legend can hide has a rule in the style sheet, and its box belongs to its method.
func TestLegendToggles(t *testing.T) {
	page := pageOf(t, Options{}, load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 2, Epochs: 5})))
	boxes := regexp.MustCompile(`class="unseen t(\d+)" id="c1-train-loss-t\d+" data-method="([^"]+)" checked>`).FindAllStringSubmatch(page, -1)
	if len(boxes) != len(methods) {
		t.Fatalf("%d boxes %q, want one for each of %q", len(boxes), boxes, methods)
	}
	for i, box := range boxes {
		if box[2] != methods[i] {
			t.Errorf("box %d is of %q, want %q", i, box[2], methods[i])
		}
	}
	if rules := regexp.MustCompile(`\.figure:has\(\.t(\d+):not\(:checked\)\) \.m(\d+)`).FindAllStringSubmatch(pageCSS, -1); len(rules) != togglesAtMost {
		t.Errorf("%d rules, want %d", len(rules), togglesAtMost)
	} else {
		for _, rule := range rules {
			if rule[1] != rule[2] {
				t.Errorf("the rule %s hides another series", rule[0])
			}
		}
	}
}
