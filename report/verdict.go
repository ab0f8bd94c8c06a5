package report

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/compare"
)

// Headline answers the page's question in one sentence.
type Headline struct {
	Text string
	// Provisional says that runs are missing yet.
	Provisional bool
}

// headline compares the subject with the table's baseline.
func (c *Comparison) headline(t *compare.Table) Headline {
	unfinished := 0
	for _, r := range c.Runs {
		if !r.Summary.Finished {
			unfinished++
		}
	}
	h := Headline{Provisional: unfinished > 0}
	methods := c.Methods()
	method := subject(methods, t.Baseline)
	row, base := rowOf(t, method), rowOf(t, t.Baseline)
	switch {
	case len(c.Runs) == 0:
		h.Text = "There is no run to report on."
	case t.Baseline == "" || row == nil || base == nil:
		h.Text = fmt.Sprintf("No verdict: that takes finished runs of a method and of SAM or SGD, of the same seeds; %d of %s finished so far.",
			len(c.Runs)-unfinished, isOrAre(len(c.Runs), "run"))
	case row.Pairs == 0:
		h.Text = fmt.Sprintf("No verdict: no seed of %s has finished that %s has finished too.", method, t.Baseline)
	default:
		h.Text = c.sentence(t, row, base)
	}
	return h
}

func (c *Comparison) sentence(t *compare.Table, row, base *compare.Row) string {
	a, l := row.AccuracyDifference, row.LambdaDifference
	first := c.Runs[0].Summary
	text := fmt.Sprintf("%s against %s on %s with %s: %s accuracy %s, %s points%s; λmax %s, %s%s", row.Method, t.Baseline, first.Data, first.Model, t.Held(),
		verdictText(a.Verdict), a.Estimate.Scaled(100).Signed(), pPart(a), verdictText(l.Verdict), l.Estimate.Signed(), pPart(l))
	if ratio := row.StepSeconds.Mean / base.StepSeconds.Mean; !math.IsNaN(ratio) {
		text += fmt.Sprintf("; a step takes %.2f times as long", ratio)
	}
	text += fmt.Sprintf(" (paired t-test over %s", count(row.Pairs, "seed"))
	if t.Tests > 1 {
		text += fmt.Sprintf(", Holm's correction over %d methods", t.Tests)
	}
	return text + ")."
}

// verdictText is a verdict within a sentence.
func verdictText(v compare.Verdict) string {
	if v == compare.NoTest {
		return "cannot be tested"
	}
	return string(v)
}

func pPart(d *compare.Difference) string {
	if math.IsNaN(d.PHolm) {
		return ""
	}
	return ", " + d.PText()
}

// count writes "1 seed", "5 seeds".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// isOrAre writes "1 run is", "5 runs are".
func isOrAre(n int, what string) string {
	if n == 1 {
		return count(n, what) + " is"
	}
	return count(n, what) + " are"
}

func rowOf(t *compare.Table, method string) *compare.Row {
	for i := range t.Rows {
		if t.Rows[i].Method == method {
			return &t.Rows[i]
		}
	}
	return nil
}

// Cell is a cell of a table: a value, and for a difference its test.
type Cell struct {
	Text, Test string
	// Verdict is "higher", "lower", "not distinguishable", "no test" or "".
	Verdict string
	// Good tells whether a significant difference is to the method's favour, Bad whether it is to its disadvantage.
	Good, Bad bool
}

// Grid is a table with row headers.
type Grid struct {
	Caption string
	Columns []string
	Rows    []GridRow
}

// GridRow is a row; Style is the look of its method, -1 for none.
type GridRow struct {
	Head  string
	Style int
	Cells []Cell
}

func plainCell(text string) Cell { return Cell{Text: text} }

// differenceCell writes a difference; higherIsBetter says which direction is good.
func differenceCell(d *compare.Difference, scale float64, higherIsBetter bool) Cell {
	if d == nil {
		return Cell{Text: "–"}
	}
	if d.N == 0 {
		return Cell{Text: "–", Test: "no shared seed"}
	}
	c := Cell{Text: d.Estimate.Scaled(scale).Signed(), Test: d.PText(), Verdict: string(d.Verdict)}
	if math.IsNaN(d.PHolm) {
		c.Test = ""
	}
	significant := d.Verdict == compare.Higher || d.Verdict == compare.Lower
	good := (d.Verdict == compare.Higher) == higherIsBetter
	c.Good, c.Bad = significant && good, significant && !good
	return c
}

// baselines returns the tables against SAM and against SGD, as far as there are such runs.
func (c *Comparison) baselines() (tables []*compare.Table) {
	for _, name := range []string{"sam", "sgd"} {
		if method := find(c.Methods(), name); method != "" {
			if t := c.table(method); t.Baseline != "" && len(t.Rows) > 1 {
				tables = append(tables, t)
			}
		}
	}
	return tables
}

// methodsTable is the table of methods and metrics, with the differences from each baseline.
func (c *Comparison) methodsTable(t *compare.Table) Grid {
	against := c.baselines()
	g := Grid{Caption: "Mean ± half-width of the Student-t 95 % interval over n seeds. Differences are paired by seed; p of a paired t-test with Holm's correction over the methods of a column."}
	g.Columns = []string{"n", t.Held() + " accuracy, %"}
	for _, b := range against {
		g.Columns = append(g.Columns, "from "+b.Baseline+", points")
	}
	g.Columns = append(g.Columns, "λmax")
	for _, b := range against {
		g.Columns = append(g.Columns, "λmax from "+b.Baseline)
	}
	g.Columns = append(g.Columns, "test loss", "train loss", "train accuracy, %")
	for i, r := range t.Rows {
		row := GridRow{Head: r.Method, Style: i % styles, Cells: []Cell{plainCell(fmt.Sprint(r.N)), plainCell(r.Accuracy().Percent())}}
		for _, b := range against {
			row.Cells = append(row.Cells, differenceCell(b.Rows[i].AccuracyDifference, 100, true))
		}
		row.Cells = append(row.Cells, plainCell(r.LambdaMax.String()))
		for _, b := range against {
			row.Cells = append(row.Cells, differenceCell(b.Rows[i].LambdaDifference, 1, false))
		}
		row.Cells = append(row.Cells, plainCell(r.TestLoss.String()), plainCell(r.TrainLoss.String()), plainCell(r.TrainAccuracy.Percent()))
		g.Rows = append(g.Rows, row)
	}
	return g
}

// table of the first epochs.
func (e Early) grid() Grid {
	g := Grid{Columns: []string{"mean training loss"}}
	g.Caption = fmt.Sprintf("Training loss averaged over the steps of the first %d epochs, of the runs that have got through them.", e.Epochs)
	if e.Baseline != "" {
		g.Columns = append(g.Columns, "from "+e.Baseline)
		g.Caption += " Differences are paired by seed; p of a paired t-test with Holm's correction over the methods."
	}
	for i, r := range e.Rows {
		row := GridRow{Head: r.Method, Style: i % styles, Cells: []Cell{plainCell(r.Loss.String())}}
		if e.Baseline != "" {
			row.Cells = append(row.Cells, differenceCell(r.Difference, 1, false))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// warnings are those of the comparison and of its files, each once.
func (c *Comparison) warnings(t *compare.Table) []string {
	return append(t.AllWarnings(), c.AllProblems()...)
}

// namedGrid is a grid with the name of its scrolling region.
type namedGrid struct {
	Name string
	Grid Grid
}

// Named gives the grid a name for screen readers, for the template.
func (g Grid) Named(name string) any { return namedGrid{name, g} }
