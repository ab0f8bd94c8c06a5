package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

var update = flag.Bool("update", false, "write the golden files anew")

// run is a finished run with a step of step seconds.
func run(method string, seed int64, accuracy, lambda, step, gradients float64) runlog.Summary {
	return runlog.Summary{
		Method: method, Seed: seed, Data: "digits", Model: "mlp", Backend: "xla:cpu", Parameters: 26122, Epochs: runlog.Num(60), Steps: 900,
		TrainLoss: runlog.Num(1 - accuracy), TestAccuracy: runlog.Num(accuracy), LambdaMax: runlog.Num(lambda),
		LambdaResidual: runlog.Num(5e-3), LambdaStop: runlog.StopResidual, StepSecondsMedian: runlog.Num(step),
		GradientEvaluationsPerStep: runlog.Num(gradients), Finished: true, Version: "test",
	}
}

// fourSeeds are three methods of four seeds. xsam − sam is 0.01, 0.02, 0.01, 0.02 in accuracy and −1, −2, −1, −2 in λmax:
// mean 1.5 units, s = 1/√3, hence t = 1.5/(s/2) = 3√3 on 3 degrees of freedom.
func fourSeeds() []runlog.Summary {
	return []runlog.Summary{
		run("sgd", 0, 0.90, 8, 0.001, 1), run("sam", 0, 0.92, 5, 0.002, 2), run("xsam", 0, 0.93, 4, 0.0021, 2),
		run("sgd", 1, 0.91, 7, 0.001, 1), run("sam", 1, 0.92, 6, 0.002, 2), run("xsam", 1, 0.94, 4, 0.0022, 2),
		run("sgd", 2, 0.92, 6, 0.001, 1), run("sam", 2, 0.93, 5, 0.002, 2), run("xsam", 2, 0.94, 4, 0.0021, 2),
		run("sgd", 3, 0.91, 7, 0.002, 1), run("sam", 3, 0.93, 6, 0.004, 2), run("xsam", 3, 0.95, 4, 0.0044, 2),
	}
}

func TestNew(t *testing.T) {
	table := New(fourSeeds(), Options{})
	if got := methodsOf(table); !slices.Equal(got, []string{"sgd", "sam", "xsam"}) || table.Baseline != "sam" || table.Tests != 2 {
		t.Fatalf("rows %v, baseline %q, %d tests, want sgd sam xsam, sam, 2", got, table.Baseline, table.Tests)
	}
	sgd, sam, xsam := table.Rows[0], table.Rows[1], table.Rows[2]
	if sam.AccuracyDifference != nil || sam.LambdaDifference != nil {
		t.Error("the baseline has a difference from itself")
	}
	// P of t = 3√3 on 3 degrees of freedom: 1 − (2/π)(arctan x + x/(1 + x²)) with x = t/√3 = 3.
	p := 1 - 2/math.Pi*(math.Atan(3)+3.0/10)
	facts := []struct {
		name      string
		got, want float64
	}{
		{"mean accuracy of xsam", xsam.TestAccuracy.Mean, 0.94},
		{"half-width: t₀.₉₇₅(3)·s/√4 with s = 0.01·√(2/3)", xsam.TestAccuracy.HalfWidth, 3.182446305284263 * 0.01 * math.Sqrt(2.0/3) / 2},
		{"mean λmax of sgd", sgd.LambdaMax.Mean, 7},
		{"cost of sam, paired by seed", sam.StepCost.Mean, 2},
		{"cost of sam has no spread though times differ", sam.StepCost.HalfWidth, 0},
		{"cost of xsam", xsam.StepCost.Mean, (2.1 + 2.2 + 2.1 + 2.2) / 4},
		{"gradients of xsam", xsam.GradientsPerStep.Mean, 2},
		{"accuracy difference", xsam.AccuracyDifference.Mean, 0.015},
		{"λmax difference", xsam.LambdaDifference.Mean, -1.5},
		{"p of the accuracy difference", xsam.AccuracyDifference.P, p},
		{"p of the λmax difference", xsam.LambdaDifference.P, p},
		// sgd − sam in λmax is 3, 1, 1, 1: t = 3 on 3 degrees of freedom, x = √3, p = 0.0577. That is the larger of the two.
		{"Holm doubles the smaller p", xsam.LambdaDifference.PHolm, 2 * p},
		{"Holm leaves the larger p", sgd.LambdaDifference.PHolm, 1 - 2/math.Pi*(math.Atan(math.Sqrt(3))+math.Sqrt(3)/4)},
	}
	for _, f := range facts {
		if !near(f.got, f.want, 1e-9) { // gonum's quantile and CDF are good to about 1e-12
			t.Errorf("%s: %v, want %v", f.name, f.got, f.want)
		}
	}
	if v := xsam.AccuracyDifference.Verdict; v != Higher {
		t.Errorf("accuracy of xsam: %q, want higher (p = %.4f)", v, 2*p)
	}
	if v := xsam.LambdaDifference.Verdict; v != Lower {
		t.Errorf("λmax of xsam: %q, want lower", v)
	}
	if v := sgd.LambdaDifference.Verdict; v != NotDistinguishable {
		t.Errorf("λmax of sgd: %q, want not distinguishable", v)
	}
	if w := table.AllWarnings(); len(w) > 0 {
		t.Errorf("warnings %q on a clean table", w)
	}
}

func methodsOf(t *Table) (methods []string) {
	for _, r := range t.Rows {
		methods = append(methods, r.Method)
	}
	return methods
}

func TestWarnings(t *testing.T) {
	all := fourSeeds()
	of := func(methods ...string) (runs []runlog.Summary) {
		for _, r := range all {
			if slices.Contains(methods, r.Method) {
				runs = append(runs, r)
			}
		}
		return runs
	}
	changed := func(i int, change func(*runlog.Summary)) []runlog.Summary {
		runs := slices.Clone(all)
		change(&runs[i])
		return runs
	}
	tests := []struct {
		name string
		runs []runlog.Summary
		opts Options
		want string // in exactly one warning; "" for none
	}{
		{"four seeds are enough", all, Options{}, ""},
		{"three are few", slices.Concat(all[:9]), Options{}, "sgd, sam, xsam: n = 3: fewer than 4 seeds"},
		{"λmax not converged", changed(4, func(r *runlog.Summary) {
			r.LambdaStop, r.LambdaResidual, r.LambdaProducts = runlog.StopProducts, runlog.Num(0.034), 200
		}), Options{}, "sam: seed 1: λmax did not converge (relative residual 0.034 after 200 products)"},
		{"λmax missing", changed(4, func(r *runlog.Summary) { r.LambdaMax = runlog.Number{} }), Options{}, "sam: seed 1 has no λmax"},
		{"a run that was not finished", changed(5, func(r *runlog.Summary) { r.Finished, r.Stopped = false, "interrupted at step 30" }), Options{},
			"xsam: seed 1 is not finished and left out: interrupted at step 30"},
		{"seeds that the baseline lacks", append(slices.Clone(all), run("xsam", 9, 0.9, 5, 0.001, 2)), Options{}, "xsam: only 4 of 5 seeds are shared with sam"},
		{"a method without any run", all, Options{Methods: []string{"sgd", "sam", "asam"}}, "asam: no finished run"},
		{"no SAM: from SGD", of("sgd", "xsam"), Options{}, "differences are from sgd"},
		{"neither SAM nor SGD", slices.Concat(of("xsam"), renamed(of("sam"), "asam")), Options{}, "no finished run of sam or sgd to compare with"},
		{"one method alone needs no baseline", of("xsam"), Options{}, ""},
		{"a variant of SAM serves as baseline", slices.Concat(of("sgd", "xsam"), renamed(of("sam"), "sam:rho=0.1")), Options{}, ""},
		{"the wanted baseline has no run", all, Options{Baseline: "asam"}, "no finished run of the baseline asam"},
		{"pure Go instead of XLA", changed(0, func(r *runlog.Summary) { r.BackendFallback = "there is no plugin" }), Options{}, "because there is no plugin"},
		{"different data", changed(0, func(r *runlog.Summary) { r.Data = "glyphs" }), Options{}, "the runs differ in data (glyphs, digits)"},
		{"different lengths", changed(0, func(r *runlog.Summary) { r.Steps = 15 }), Options{}, "the runs differ in steps (15, 900)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := New(tt.runs, tt.opts).AllWarnings()
			if tt.want == "" {
				if len(got) > 0 {
					t.Errorf("warnings %q, want none", got)
				}
				return
			}
			count := 0
			for _, w := range got {
				if strings.Contains(w, tt.want) {
					count++
				}
			}
			if count != 1 {
				t.Errorf("warnings %q, want one with %q", got, tt.want)
			}
		})
	}
}

func renamed(runs []runlog.Summary, method string) []runlog.Summary {
	runs = slices.Clone(runs)
	for i := range runs {
		runs[i].Method = method
	}
	return runs
}

func TestUnfinishedRunsAreLeftOut(t *testing.T) {
	runs := fourSeeds()
	runs[2].Finished, runs[2].TestAccuracy = false, runlog.Num(0.1)
	xsam := New(runs, Options{}).Rows[2]
	if xsam.N != 3 || xsam.Pairs != 3 || !near(xsam.TestAccuracy.Mean, (0.94+0.94+0.95)/3, 1e-12) {
		t.Errorf("xsam row %+v, want n = 3 without the accuracy of the unfinished run", xsam)
	}
}

// Runs that hold images out for validation are compared by the accuracy on these, which is never called test accuracy; runs
// of both kinds do not belong together.
func TestValidationTakesThePlaceOfTest(t *testing.T) {
	runs := fourSeeds()
	for i := range runs {
		runs[i].ValidationAccuracy, runs[i].TestAccuracy = runs[i].TestAccuracy, runlog.Number{}
	}
	table, tested := New(runs, Options{}), New(fourSeeds(), Options{})
	for i, row := range table.Rows {
		if !math.IsNaN(row.TestAccuracy.Mean) || row.ValidationAccuracy != tested.Rows[i].TestAccuracy {
			t.Errorf("%s: test %v, validation %v: want none, %v", row.Method, row.TestAccuracy, row.ValidationAccuracy, tested.Rows[i].TestAccuracy)
		}
		if d, want := row.AccuracyDifference, tested.Rows[i].AccuracyDifference; (d == nil) != (want == nil) || d != nil && *d != *want {
			t.Errorf("%s: difference %+v, want %+v", row.Method, d, want)
		}
	}
	var text strings.Builder
	if err := table.WriteText(&text); err != nil || strings.Contains(text.String(), "test accuracy") || !strings.Contains(text.String(), "validation accuracy %") {
		t.Errorf("%v, text\n%s", err, text.String())
	}
	runs[0] = fourSeeds()[0]
	if warnings := New(runs, Options{}).Warnings; !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "test, validation") }) {
		t.Errorf("warnings %q: want one of the mixture", warnings)
	}
}

// sparse is a table in which much is missing: one seed of one method, an unfinished run, numbers not known.
func sparse() *Table {
	runs := []runlog.Summary{run("sgd", 0, 0.9, 8, 0.001, 1), run("xsam:alpha=0.5", 0, 0.92, math.NaN(), math.NaN(), 2), {Method: "xsam:alpha=0.5", Seed: 1, Stopped: "the loss is NaN at step 77"}}
	return New(runs, Options{Methods: []string{"sgd", "xsam:alpha=0.5", "asam"}})
}

func TestGolden(t *testing.T) {
	tables := []struct {
		name  string
		table *Table
	}{{"four-seeds", New(fourSeeds(), Options{})}, {"sparse", sparse()}, {"empty", New(nil, Options{})}}
	formats := []struct {
		extension string
		write     func(*Table, io.Writer) error
	}{{"txt", (*Table).WriteText}, {"json", (*Table).WriteJSON}, {"csv", (*Table).WriteCSV}}
	for _, tt := range tables {
		for _, f := range formats {
			t.Run(tt.name+"."+f.extension, func(t *testing.T) {
				var got bytes.Buffer
				if err := f.write(tt.table, &got); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata", tt.name+"."+f.extension)
				if *update {
					if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%s: got\n%s\nwant\n%s\n(go test -update writes the golden files anew)", path, got.Bytes(), want)
				}
				for _, line := range strings.Split(got.String(), "\n") {
					if n := len([]rune(line)); f.extension == "txt" && n > 100 {
						t.Errorf("a line of %d characters, want at most 100: %s", n, line)
					}
				}
			})
		}
	}
}

// Other tools read the keys of the JSON table.
func TestJSONKeys(t *testing.T) {
	var text bytes.Buffer
	if err := New(fourSeeds(), Options{}).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got map[string][]map[string]any
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got["table"]) != 3 || len(got["runs"]) != 12 {
		t.Fatalf("%d keys, %d rows, %d runs, want table and runs alone, 3, 12", len(got), len(got["table"]), len(got["runs"]))
	}
	row := got["table"][2]
	for key, want := range map[string]any{
		"method": "xsam", "n": 4.0, "test_accuracy_mean": 0.94, "lambda_max_mean": 4.0, "lambda_max_ci95": 0.0, "step_cost_vs_sgd": 2.15, "baseline": "sam",
	} {
		x, isNumber := want.(float64)
		y, _ := row[key].(float64)
		if (isNumber && !near(y, x, 1e-9)) || (!isNumber && row[key] != want) {
			t.Errorf("table[2][%q] = %v, want %v", key, row[key], want)
		}
	}
}

func TestCSVHasOneLineAMethod(t *testing.T) {
	var text bytes.Buffer
	if err := sparse().WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&text).ReadAll() // also checks that all lines have as many fields
	if err != nil || len(lines) != 4 || len(lines[0]) != len(columns) {
		t.Errorf("CSV of 3 methods has %d lines of %d fields (error %v), want a header and 3 of %d", len(lines), len(lines[0]), err, len(columns))
	}
}

func TestLoad(t *testing.T) {
	out := t.TempDir()
	finished, running := filepath.Join(out, "sam-seed0"), filepath.Join(out, "sam-seed1")
	for dir, seed := range map[string]int{finished: 0, running: 1} {
		if err := runlog.WriteConfig(dir, map[string]any{"method": "sam", "seed": seed, "epochs": 3}); err != nil {
			t.Fatal(err)
		}
	}
	if err := runlog.WriteSummary(finished, run("sam", 0, 0.9, 5, 0.001, 2)); err != nil {
		t.Fatal(err)
	}
	runs, err := Load([]string{finished, running})
	if err != nil || len(runs) != 2 {
		t.Fatalf("Load = %v, %v", runs, err)
	}
	if !runs[0].Finished || runs[1].Finished || runs[1].Seed != 1 || runs[1].Method != "sam" {
		t.Errorf("Load = %+v, want a finished run, and an unfinished one of seed 1", runs)
	}
	if _, err := Load([]string{filepath.Join(out, "nowhere")}); err == nil {
		t.Error("Load of a missing directory succeeded")
	}
}
