package compare

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// Runs that have a loss and no accuracy, as those of a regression, are compared by it; no accuracy is printed.
func TestLossOnly(t *testing.T) {
	var runs []runlog.Summary
	for seed := range int64(4) {
		for i, method := range []string{"sgd", "sam"} {
			runs = append(runs, runlog.Summary{Method: method, Seed: seed, Finished: true, LambdaStop: runlog.StopResidual,
				TestLoss: runlog.Num(0.4 - 0.1*float64(i) + 0.01*float64(seed*int64(i))), TrainLoss: runlog.Num(0.1), LambdaMax: runlog.Num(3)})
		}
	}
	table := New(runs, Options{})
	if !table.LossOnly() {
		t.Fatal("LossOnly() = false for runs without accuracy")
	}
	d := table.Rows[0].LossDifference // of sgd from sam: 0.1 − 0.01·seed
	if d == nil || math.Abs(d.Mean-0.085) > 1e-12 || d.Verdict != Higher {
		t.Errorf("difference %+v, want 0.085, higher", d)
	}
	var b strings.Builder
	if err := table.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if title, value := table.Outcome().Title(), table.Outcome().RunText(runs[0]); title != "test loss" || value != "0.400" {
		t.Errorf("the outcome of a run is %s %s, want test loss 0.400", title, value)
	}
	if text := b.String(); strings.Contains(text, "accuracy") || !strings.Contains(text, "test loss") {
		t.Errorf("the table is\n%s\nwant the test loss and no accuracy", text)
	}
	runs[0].TestAccuracy = runlog.Num(0.5)
	if table := New(runs, Options{}); table.LossOnly() || table.Rows[0].LossDifference != nil {
		t.Error("LossOnly() = true where a run has an accuracy")
	}
}

// A small loss, or a metric in a large unit, is not written as 0.
func TestSmallNumbersAreShown(t *testing.T) {
	tests := []struct {
		e    Estimate
		want string
	}{
		{Estimate{N: 1, Mean: 2.78e-5, HalfWidth: math.NaN()}, "2.8e-05"},
		{Estimate{N: 2, Mean: -2.78e-5, HalfWidth: 1e-7}, "-2.8e-05 ± 1e-07"},
		{Estimate{N: 2, Mean: 2.78e-5, HalfWidth: 0.001}, "0.0000 ± 0.0010"},
		{Estimate{N: 2, Mean: 0.0067, HalfWidth: 0.0003}, "0.0067 ± 0.0003"},
		{Estimate{N: 2}, "0.00 ± 0.00"},
		{Estimate{N: 2, Mean: 0.00122, HalfWidth: 0.00002}, "0.001220 ± 0.000020"},
	}
	for _, tt := range tests {
		if got := tt.e.String(); got != tt.want {
			t.Errorf("%+v is written as %s, want %s", tt.e, got, tt.want)
		}
	}
}

// Runs that have not learnt are counted and named, with a flag to turn, and their λmax has no part in the verdict: here
// xsam would have a λmax lower by 4.9 in every seed, where it has learnt nothing in three of four.
func TestNotLearnt(t *testing.T) {
	runs := fourSeeds()
	for i, r := range runs {
		if r.Method == "xsam" && r.Seed > 0 {
			runs[i].NotLearnt, runs[i].LambdaMax, runs[i].ChanceLoss = runlog.NearChance, runlog.Num(0.1), runlog.Num(2.3)
		}
	}
	table := New(runs, Options{})
	row := table.Rows[2]
	if row.NotLearnt != 3 || row.LambdaMax.N != 1 || row.LambdaDifference.Verdict != NoTest {
		t.Errorf("%d not learnt, λmax of %d runs, verdict %s, want 3, 1, no test", row.NotLearnt, row.LambdaMax.N,
			row.LambdaDifference.Verdict)
	}
	var text, json strings.Builder
	if err := errors.Join(table.WriteText(&text), table.WriteJSON(&json)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4, 3 not learnt", "seed 1 has not learnt: near chance",
		"sam has learnt: try a lower --lr or --alpha"} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
			t.Errorf("the table is\n%s\nwant %q", &text, want)
		}
	}
	if !strings.Contains(json.String(), `"not_learnt": 3`) || !strings.Contains(json.String(), `"not_learnt": "near chance"`) {
		t.Errorf("JSON is\n%s\nwant it in the row and in the runs", &json)
	}
	for i, r := range runs {
		if r.Method == "xsam" {
			runs[i].Method = "xsam:bound=quarter"
		}
	}
	if text := strings.Join(New(runs, Options{}).Rows[2].Warnings, " "); !strings.Contains(text,
		"sam has learnt: try a lower --lr or --alpha") {
		t.Errorf("a variant: warnings %q, want --lr and --alpha", text)
	}
	runs[3].NotLearnt, runs[3].ChanceLoss = runlog.Collapsed, runlog.Num(2.3) // sgd, seed 1: now lr is to blame
	for i := range runs {
		if runs[i].Method == "sgd" {
			runs[i].NotLearnt = runlog.Collapsed
		}
	}
	if text := strings.Join(New(runs, Options{}).Rows[0].Warnings, " "); !strings.Contains(text, "Try a lower --lr") {
		t.Errorf("warnings %q, want the flag --lr", text)
	}
	for i := range runs { // as far from chance as fresh weights may be: steps that are too small
		runs[i].NotLearnt, runs[i].TrainLoss, runs[i].ChanceLoss = runlog.NearChance, runlog.Num(4), runlog.Num(2.3)
	}
	if text := strings.Join(New(runs, Options{}).Rows[0].Warnings, " "); !strings.Contains(text, "a tenth or ten times") {
		t.Errorf("warnings %q, want --lr in both directions", text)
	}
}
