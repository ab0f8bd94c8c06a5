package report

import (
	"fmt"

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
		"seed; p of a paired t-test with Holm's correction over the methods of a column."}
	held, unit := t.Held()+" accuracy, %", ", points"
	if t.LossOnly() {
		held, unit = t.Held()+" loss", ""
	}
	g.Columns = []string{"n", held}
	for _, b := range against {
		g.Columns = append(g.Columns, "from "+b.Baseline+unit)
	}
	g.Columns = append(g.Columns, "λmax")
	for _, b := range against {
		g.Columns = append(g.Columns, "λmax from "+b.Baseline)
	}
	g.Columns = append(g.Columns, "test loss", "train loss", "train accuracy, %")
	for i, r := range t.Rows {
		row := GridRow{Head: r.Method, Style: i % styles, Cells: []Cell{plainCell(fmt.Sprint(r.N)),
			plainCell(r.Accuracy().Percent())}}
		if t.LossOnly() {
			row.Cells[1] = plainCell(r.HeldLoss.String())
		}
		for _, b := range against {
			cell := differenceCell(b.Rows[i].AccuracyDifference, 100, true)
			if t.LossOnly() {
				cell = differenceCell(b.Rows[i].LossDifference, 1, false)
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append(row.Cells, plainCell(r.LambdaMax.String()))
		for _, b := range against {
			row.Cells = append(row.Cells, differenceCell(b.Rows[i].LambdaDifference, 1, false))
		}
		row.Cells = append(row.Cells, plainCell(r.TestLoss.String()), plainCell(r.TrainLoss.String()),
			plainCell(r.TrainAccuracy.Percent()))
		g.Rows = append(g.Rows, row)
	}
	g.addMetric(t, against)
	return g
}
