package report

import (
	"github.com/xsam-go/xsam/compare"
)

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
	g := Grid{Caption: "Mean ± half-width of the Student-t 95 % interval over n seeds. Differences are paired by " +
		"seed; p of a paired t-test, and the interval, with Holm's correction over the methods of a column."}
	outcome := t.Outcome()
	g.Columns = []string{"n", outcome.Title()}
	for _, b := range against {
		g.Columns = append(g.Columns, outcome.DifferenceTitle(b.Baseline))
	}
	g.Columns = append(g.Columns, "λmax")
	for _, b := range against {
		g.Columns = append(g.Columns, "λmax from "+b.Baseline)
	}
	rest := []struct {
		title string
		text  func(compare.Row) string
	}{
		{"test loss", func(r compare.Row) string { return r.TestLoss.String() }},
		{"train loss", func(r compare.Row) string { return r.TrainLoss.String() }},
		{"train accuracy, %", func(r compare.Row) string { return r.TrainAccuracy.Percent() }},
	}
	if outcome.Title() == rest[0].title { // it stands in front
		rest = rest[1:]
	}
	for _, column := range rest {
		g.Columns = append(g.Columns, column.title)
	}
	for i, r := range t.Rows {
		row := GridRow{Head: r.Method, Style: c.style(r.Method), Cells: []Cell{plainCell(r.Runs()),
			plainCell(outcome.Text(&r))}}
		for _, b := range against {
			row.Cells = append(row.Cells,
				differenceCell(outcome.Difference(&b.Rows[i]), outcome.Scale, outcome.HigherIsBetter))
		}
		row.Cells = append(row.Cells, plainCell(r.LambdaMax.String()))
		for _, b := range against {
			row.Cells = append(row.Cells, differenceCell(b.Rows[i].LambdaDifference, 1, false))
		}
		for _, column := range rest {
			row.Cells = append(row.Cells, plainCell(column.text(r)))
		}
		g.Rows = append(g.Rows, row)
	}
	g.addMetric(t, against)
	return g
}
