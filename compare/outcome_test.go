package compare

import (
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
	}
	for _, tt := range tests {
		if got := tt.e.String(); got != tt.want {
			t.Errorf("%+v is written as %s, want %s", tt.e, got, tt.want)
		}
	}
}
