package compare

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/runlog"
)

// RunMetric is the table's metric of a run on the test data, NaN where it has measured none or another one.
func (t *Table) RunMetric(r runlog.Summary) float64 { return t.ofMetric(r, r.TestMetric) }

// ofMetric is a value that a run has for its metric, where that is the table's.
func (t *Table) ofMetric(r runlog.Summary, value runlog.Number) float64 {
	if r.Metric != t.Metric || r.MetricBetter != t.Better {
		return math.NaN()
	}
	return value.Float()
}

// nameMetric takes the metric's name from the first finished run that has one.
func (t *Table) nameMetric() {
	for _, r := range t.Runs {
		if r.Finished && r.Metric != "" {
			t.Metric, t.Better = r.Metric, r.MetricBetter
			return
		}
	}
}

// MetricTitle is the metric with its direction: "test perplexity (lower is better)".
func (t *Table) MetricTitle() string {
	return fmt.Sprintf("%s %s (%s is better)", t.Held(), t.Metric, t.Better)
}

// metricColumns are those of a table with a metric of the user's own, in JSON and CSV.
var metricColumns = join(
	[]column{
		{"metric", func(t *Table, _ *Row) any { return t.Metric }},
		{"metric_better", func(t *Table, _ *Row) any { return t.Better }},
	},
	estimate("test_metric", func(r *Row) Estimate { return r.TestMetric }),
	estimate("train_metric", func(r *Row) Estimate { return r.TrainMetric }),
	difference("test_metric", func(r *Row) *Difference { return r.MetricDifference }),
)

// columns are the table's columns in their order.
func (t *Table) columns() []column {
	if t.Metric == "" {
		return columns
	}
	return join(columns, metricColumns)
}
