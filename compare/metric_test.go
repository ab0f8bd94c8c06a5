package compare

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// perplexities are finished runs of sam and xsam; those of xsam are lower by 1.0, 1.1 and 0.9: the mean is −1, the
// half-width of its interval t₀.₉₇₅(2)·0.1/√3 = 0.248.
func perplexities() (runs []runlog.Summary) {
	for seed, sam := range []float64{5, 6, 7} {
		less := []float64{1, 1.1, 0.9}[seed]
		for method, value := range map[string]float64{"sam": sam, "xsam": sam - less} {
			runs = append(runs, runlog.Summary{Method: method, Seed: int64(seed), Data: "d", Model: "m", Finished: true,
				Metric: "perplexity", MetricBetter: runlog.MetricLower, TestMetric: runlog.Num(value),
				TestLoss: runlog.Num(value / 2), LambdaMax: runlog.Num(3), LambdaStop: runlog.StopResidual})
		}
	}
	return runs
}

func TestAMetricOfTheUsersOwn(t *testing.T) {
	table := New(perplexities(), Options{Methods: []string{"sam", "xsam"}})
	d := table.Rows[1].MetricDifference
	if d == nil || d.Verdict != Lower || d.Signed() != "-1.00 ± 0.25" {
		t.Fatalf("difference %+v, want lower, -1.00 ± 0.25", d)
	}
	if got := table.Rows[0].TestMetric; got.N != 3 || got.Mean != 6 {
		t.Errorf("metric of sam %+v, want 6 over 3 runs", got)
	}
	var text, json, csv bytes.Buffer
	for _, err := range []error{table.WriteText(&text), table.WriteJSON(&json), table.WriteCSV(&csv)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"test perplexity", "test perplexity (lower is better)   -1.00 ± 0.25", "test loss"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "accuracy") {
		t.Errorf("the table shows an accuracy:\n%s", text.String())
	}
	for _, want := range []string{`"metric": "perplexity"`, `"metric_better": "lower"`, `"test_metric_mean": 6`,
		`"test_metric_verdict": "lower"`} {
		if !strings.Contains(json.String(), want) {
			t.Errorf("the JSON lacks %s:\n%s", want, json.String())
		}
	}
	if header, _, _ := strings.Cut(csv.String(), "\n"); !strings.Contains(header, ",metric,metric_better,test_metric_mean") {
		t.Errorf("the CSV has the columns %s", header)
	}
}

// What another metric is of a run is no part of the means, and a warning names both.
func TestRunsOfTwoMetrics(t *testing.T) {
	runs := perplexities()
	for i := range runs {
		if runs[i].Method == "xsam" && runs[i].Seed == 2 {
			runs[i].Metric, runs[i].TestMetric = "error", runlog.Num(1000)
		}
	}
	table := New(runs, Options{Methods: []string{"sam", "xsam"}})
	if got := table.Rows[1].TestMetric; got.N != 2 || math.Abs(got.Mean-4.45) > 1e-12 { // only rounding differs
		t.Errorf("metric of xsam %+v, want that of seeds 0 and 1, 4 and 4.9", got)
	}
	if d := table.Rows[1].MetricDifference; d == nil || d.N != 2 {
		t.Errorf("difference %+v, want one over two seeds", d)
	}
	if warnings := strings.Join(table.Warnings, " "); !strings.Contains(warnings, "the metric") {
		t.Errorf("warnings %q, want one of the mixture", warnings)
	}
}

// Tables without such a metric are as they were.
func TestNoMetricNoColumns(t *testing.T) {
	runs := perplexities()
	for i := range runs {
		runs[i].Metric, runs[i].MetricBetter, runs[i].TestMetric = "", "", runlog.Number{}
	}
	var csv bytes.Buffer
	if err := New(runs, Options{}).WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(csv.String(), "metric") {
		t.Errorf("columns of a metric that there is none of:\n%s", csv.String())
	}
}
