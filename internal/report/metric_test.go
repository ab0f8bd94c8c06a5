package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// perplexities is a comparison by a metric that is no accuracy: X-SAM's is lower by 1.0, 1.1 and 0.9.
func perplexities() *Comparison {
	c := &Comparison{Name: "words"}
	for _, method := range []string{"sam", "xsam"} {
		for seed, value := range []float64{5, 6, 7} {
			if method == "xsam" {
				value -= []float64{1, 1.1, 0.9}[seed]
			}
			c.Runs = append(c.Runs, &runlog.Run{
				Setup: runlog.Setup{Task: runlog.Task{Data: "words", Model: "net", Epochs: 1}, Method: method, Seed: int64(seed)},
				Summary: runlog.Summary{Method: method, Seed: int64(seed), Data: "words", Model: "net", Finished: true,
					Metric: "perplexity", MetricBetter: runlog.MetricLower, TestMetric: runlog.Num(value),
					TestLoss: runlog.Num(value / 2), LambdaMax: runlog.Num(3), LambdaStop: runlog.StopResidual},
				Records: []runlog.Record{{Kind: runlog.Eval, Split: runlog.TestSplit, Step: 5, Epoch: runlog.Num(1),
					Metric: runlog.Num(value)}},
			})
		}
	}
	return c
}

func TestPageOfAMetricOfTheUsersOwn(t *testing.T) {
	c := perplexities()
	var page, tables bytes.Buffer
	if err := WriteHTML(&page, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := WriteMarkdown(&tables, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	headline := "xsam against sam on words with net: test perplexity (lower is better) lower, -1.00 ± 0.25"
	for name, text := range map[string]string{"page": page.String(), "Markdown": tables.String()} {
		for _, want := range []string{headline, "test perplexity (lower is better)", "perplexity from sam",
			"are about accuracy alone"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s lacks %q", name, want)
			}
		}
	}
	grid := c.methodsTable(c.table(""))
	for i, cell := range grid.Rows[1].Cells {
		if grid.Columns[i] == "perplexity from sam" && (!cell.Good || cell.Verdict != "lower") {
			t.Errorf("the difference in perplexity is %+v, want a lower one as good", cell)
		}
		if strings.Contains(grid.Columns[i], "accuracy") && cell.Text != "–" {
			t.Errorf("%s is %q, want none", grid.Columns[i], cell.Text)
		}
	}
	if chart := c.metricChart(); len(chart.Series) != 2 {
		t.Errorf("the chart of the metric has %d curves, want 2", len(chart.Series))
	}
}

// A value of another metric stands nowhere under the name of the table's, and one without a name nowhere.
func TestPageOfTwoMetrics(t *testing.T) {
	c := perplexities()
	other := c.Runs[5] // of xsam
	other.Summary.Metric, other.Summary.TestMetric = "error", runlog.Num(1234)
	other.Records[0].Metric = runlog.Num(1234)
	var page bytes.Buffer
	if err := WriteHTML(&page, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "1234") {
		t.Error("the page shows the value of another metric as perplexity")
	}
	for _, r := range c.Runs {
		r.Summary.Finished, r.Summary.Metric, r.Summary.MetricBetter = false, "", ""
	}
	if chart := c.metricChart(); len(chart.Series) != 0 {
		t.Errorf("the chart of a metric without a name has %d curves, want none", len(chart.Series))
	}
}
