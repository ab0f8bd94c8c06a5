package report

import (
	"fmt"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// metricNote says where a metric of the user's own is not shown.
const metricNote = " Figures over time and over gradients, and claim (a) of the paper, are about accuracy alone: " +
	"they are left out, or say that there is no test."

// addMetric adds the columns of a metric of the user's own: its mean, and the differences from each baseline.
func (g *Grid) addMetric(t *compare.Table, against []*compare.Table) {
	if t.Metric == "" {
		return
	}
	g.Columns = append(g.Columns, t.MetricTitle())
	for _, b := range against {
		g.Columns = append(g.Columns, t.Metric+" from "+b.Baseline)
	}
	for i, r := range t.Rows {
		g.Rows[i].Cells = append(g.Rows[i].Cells, plainCell(r.TestMetric.String()))
		for _, b := range against {
			cell := differenceCell(b.Rows[i].MetricDifference, 1, t.Better == runlog.MetricHigher)
			g.Rows[i].Cells = append(g.Rows[i].Cells, cell)
		}
	}
	if t.LossOnly() {
		g.Caption += metricNote
	}
}

// addRunMetric adds the column of the metric to the table of runs.
func (c *Comparison) addRunMetric(g *Grid, t *compare.Table) {
	if t.Metric == "" {
		return
	}
	g.Columns = append(g.Columns, t.Held()+" "+t.Metric)
	for i, r := range c.Runs {
		g.Rows[i].Cells = append(g.Rows[i].Cells, plainCell(short(t.RunMetric(r.Summary))))
	}
}

// metricPart is what the headline says of the metric, "" without one.
func metricPart(t *compare.Table, d *compare.Difference) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s %s, %s%s; ", t.MetricTitle(), verdictText(d.Verdict), d.Signed(), pPart(d))
}

// metricChart is the metric on the test data along training, of the runs that do not name another one.
func (c *Comparison) metricChart() Chart {
	t := c.table("")
	if t.Metric == "" { // no run has ended that says what it is
		return Chart{}
	}
	return Chart{ID: "test-metric", Title: sentenceCase(t.Held()) + " " + t.Metric, XLabel: "epoch", Whole: true,
		YLabel: t.MetricTitle(),
		Series: c.bands(func(r *runlog.Run) (points []point) {
			if m := r.Summary.Metric; m != "" && m != t.Metric {
				return nil
			}
			for _, rec := range r.Records {
				if rec.Kind == runlog.Eval && rec.Split == c.held() && rec.Metric.Known() {
					points = append(points, point{rec.Step, rec.Epoch.Float(), rec.Metric.Float()})
				}
			}
			return points
		}, false)}
}
