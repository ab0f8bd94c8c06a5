package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// runOf is a finished run of which the command reads these numbers.
func runOf(method string, seed int64, cost, accuracy, lambda, loss float64, validation bool) runlog.Summary {
	s := runlog.Summary{Method: method, Seed: seed, Finished: true, GradientEvaluationsPerStep: runlog.Num(cost),
		LambdaMax: runlog.Num(lambda), LambdaStop: runlog.StopResidual, TrainLoss: runlog.Num(loss)}
	if validation {
		s.ValidationAccuracy = runlog.Num(accuracy)
	} else {
		s.TestAccuracy = runlog.Num(accuracy)
	}
	return s
}

// write makes run folders of summaries, as xsam compare does.
func write(t *testing.T, runs []runlog.Summary) string {
	t.Helper()
	dir := t.TempDir()
	for _, r := range runs {
		path := filepath.Join(dir, runlog.Name(r.Method, r.Seed))
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := runlog.WriteConfig(path, map[string]any{"method": r.Method, "seed": r.Seed}); err != nil {
			t.Fatal(err)
		}
		if err := runlog.WriteSummary(path, r); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChosen(t *testing.T) {
	runs := []runlog.Summary{
		runOf("sgd", 1, 1, 0.99, 1, 1, true),              // no candidate
		runOf("xsam:rho=0.4", 1, 2, 0.99, 1, 1, true),     // nor this
		runOf("xsam:k=5", 1, 1.2, 0.90, 3, 0.5, true),     // second of the first class
		runOf("xsam:k=5:a=5", 1, 1.2, 0.90, 3, 0.5, true), // the same
		runOf("xsam:k=10", 1, 1.1, 0.90, 4, 0.5, true),    // as accurate, sharper
		runOf("xsam:k=20", 1, 1.25, 0.91, 5, 0.5, true),   // first of it: 1.25 belongs to it
		runOf("xsam:k=3", 1, 1.33, 0.80, 5, 0.5, true),    // alone in the second
		runOf("xsam:a=1", 1, 2, 0.70, 5, 0.5, true),
		runOf("xsam:a=2", 1, 1.9, 0.71, 5, 0.5, true),
		runOf("xsam:a=3", 1, 1.8, 0.69, 5, 0.5, true),
		runOf("xsam-paper", 1, 5.3, 0.99, 1, 0.5, true), // dearer than any class
	}
	want := []string{"xsam:k=20", "xsam:k=5", "xsam:k=3", "xsam:a=2", "xsam:a=1"}
	if got := chosen(compare.New(runs, compare.Options{})); !slices.Equal(got, want) {
		t.Errorf("chosen %q, want %q", got, want)
	}
	out := t.TempDir()
	var stdout bytes.Buffer
	if err := run([]string{"choose", "--out", out, write(t, append(runs, runOf("sam:rho=0.1", 1, 2, 0.5, 1, 1, true)))},
		&stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "The settings that go on: "+strings.Join(want, ",")) ||
		!strings.Contains(stdout.String(), "validation accuracy") {
		t.Errorf("output:\n%s", &stdout)
	}
	for _, name := range []string{"front-lambda.svg", "front-accuracy.svg"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
}

// Two problems: on the first xsam is flatter and as accurate, on the second flatter and less accurate.
func TestVerdicts(t *testing.T) {
	var dirs []string
	for _, loss := range []float64{0, 0.1} {
		var runs []runlog.Summary
		for seed := range int64(4) {
			wobble := 0.001 * float64(seed%2)
			runs = append(runs, runOf("sam", seed, 2, 0.9+wobble, 4, 0.3, false), runOf("sam:rho=0.1", seed, 2, 0.92+2*wobble,
				3, 0.4, false),
				runOf("xsam", seed, 2, 0.9-loss+2*wobble, 2+wobble, 0.41, false),
				runOf("xsam:k=10", seed, 2, 0.89-loss+wobble, 1+2*wobble, 0.41, false))
		}
		dirs = append(dirs, write(t, runs))
	}
	var stdout bytes.Buffer
	if err := run(append([]string{"verdicts"}, dirs...), &stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| `xsam` | 2 of 2 | 1 | 1 | no |", "| `xsam:k=10` | `xsam` | 0 | 2 | 2 | 0 |",
		"| `sam:rho=0.1` | ", "| `xsam` | 4 | 2.00 |", "| `sam:rho=0.1` | -2.00 ± 0.00 | -0.9995 ± 0.0009"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, &stdout)
		}
	}
}

func TestTuned(t *testing.T) {
	var trials, tests []runlog.Summary
	for i, m := range []string{"sgd", "sam", "sam:rho=0.1", "xsam", "xsam:rho=0.1"} {
		for seed := range int64(3) {
			wobble := 0.001 * float64(seed)
			trials = append(trials, runOf(m, 100+seed, 2, 0.8+0.01*float64(i)+wobble, 3, 1, true))
			tests = append(tests, runOf(m, seed, 2, 0.7+0.02*float64(i)+wobble*float64(i), 3-0.1*float64(i)-wobble, 1, false))
		}
	}
	var stdout bytes.Buffer
	if err := run([]string{"tuned", write(t, trials), write(t, tests)}, &stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "Chosen: sam:rho=0.1,sgd,xsam:rho=0.1") || strings.Contains(stdout.String(),
		"| `sam` |") {
		t.Errorf("output:\n%s", &stdout)
	}
	if err := run([]string{"tuned", write(t, trials), write(t, tests[:3])}, &stdout, &stdout); err == nil ||
		!strings.Contains(err.Error(), "sam:rho=0.1") {
		t.Errorf("a winner without test runs: error %v", err)
	}
}

// 0.1 + 0.2 is more than 0.3 + 0 by rounding alone, so the means are equal: the lower λmax is chosen.
func TestTunedAmongEquals(t *testing.T) {
	trials := []runlog.Summary{
		runOf("sam", 100, 2, 0.1, 3, 1, true), runOf("sam", 101, 2, 0.2, 3, 1, true),
		runOf("sam:rho=0.1", 100, 2, 0.3, 1, 1, true), runOf("sam:rho=0.1", 101, 2, 0.0, 1, 1, true),
	}
	var stdout bytes.Buffer
	if err := run([]string{"tuned", write(t, trials), write(t, []runlog.Summary{runOf("sam:rho=0.1", 0, 2, 0.7, 1, 1,
		false)})}, &stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stdout.String(), "Chosen: sam:rho=0.1\n") {
		t.Errorf("output:\n%s", &stdout)
	}
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"choose"}, {"verdicts"}, {"tuned", "a"}, {"guess", "a"}, {"choose",
		t.TempDir()}} {
		if err := run(args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", fmt.Sprint(args))
		}
	}
}
