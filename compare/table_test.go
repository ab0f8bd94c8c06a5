package compare

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// run is a finished run with a step of step seconds.
func run(method string, seed int64, accuracy, lambda, step, gradients float64) runlog.Summary {
	return runlog.Summary{
		Method: method, Seed: seed, Data: "digits", Model: "mlp", Backend: "xla:cpu", Parameters: 26122,
		Epochs: runlog.Num(60), Steps: 900,
		TrainLoss: runlog.Num(1 - accuracy), TestAccuracy: runlog.Num(accuracy), LambdaMax: runlog.Num(lambda),
		LambdaResidual: runlog.Num(5e-3), LambdaStop: runlog.StopResidual, StepSecondsMedian: runlog.Num(step),
		GradientEvaluationsPerStep: runlog.Num(gradients), Finished: true, Version: "test",
	}
}

// fourSeeds are three methods of four seeds. xsam − sam is 0.01, 0.02, 0.01, 0.02 in accuracy and −1, −2, −1, −2 in
// λmax: mean 1.5 units, s = 1/√3, hence t = 1.5/(s/2) = 3√3 on 3 degrees of freedom.
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
	if got := methodsOf(table); !slices.Equal(got, []string{"sgd", "sam", "xsam"}) || table.Baseline != "sam" ||
		table.Tests != 2 {
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
		{"half-width: t₀.₉₇₅(3)·s/√4 with s = 0.01·√(2/3)", xsam.TestAccuracy.HalfWidth,
			3.182446305284263 * 0.01 * math.Sqrt(2.0/3) / 2},
		{"mean λmax of sgd", sgd.LambdaMax.Mean, 7},
		{"cost of sam, paired by seed", sam.StepCost.Mean, 2},
		{"cost of sam has no spread though times differ", sam.StepCost.HalfWidth, 0},
		{"cost of xsam", xsam.StepCost.Mean, (2.1 + 2.2 + 2.1 + 2.2) / 4},
		{"gradients of xsam", xsam.GradientsPerStep.Mean, 2},
		{"accuracy difference", xsam.AccuracyDifference.Mean, 0.015},
		{"λmax difference", xsam.LambdaDifference.Mean, -1.5},
		{"p of the accuracy difference", xsam.AccuracyDifference.P, p},
		{"p of the λmax difference", xsam.LambdaDifference.P, p},
		// sgd − sam in λmax is 3, 1, 1, 1: t = 3 on 3 degrees of freedom, x = √3, p = 0.0577. That is the larger of
		// the two.
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

// The baseline need not be a row of the table, and a method that is none does not count in the correction.
func TestBaselineOutsideTheRows(t *testing.T) {
	d := New(fourSeeds(), Options{Methods: []string{"xsam"}, Baseline: "sam"}).Rows[0].AccuracyDifference
	if d == nil || d.N != 4 || !near(d.Mean, 0.015, 1e-12) || d.PHolm != d.P {
		t.Errorf("difference %+v, want 0.015 over four pairs, not corrected", d)
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
		{"λmax missing", changed(4, func(r *runlog.Summary) { r.LambdaMax = runlog.Number{} }), Options{},
			"sam: seed 1 has no λmax"},
		{"a run that was not finished", changed(5, func(r *runlog.Summary) {
			r.Finished, r.Stopped = false,
				"interrupted at step 30"
		}), Options{},
			"xsam: seed 1 is not finished and left out: interrupted at step 30"},
		{"seeds that the baseline lacks", append(slices.Clone(all), run("xsam", 9, 0.9, 5, 0.001, 2)), Options{},
			"xsam: only 4 of 5 seeds are shared with sam"},
		{"a run that is there twice", append(slices.Clone(all), run("sam", 1, 0.1, 5, 0.001, 2)), Options{},
			"sam: seed 1 is there more than once: only the first"},
		{"a method without any run", all, Options{Methods: []string{"sgd", "sam", "asam"}}, "asam: no finished run"},
		{"no SAM: from SGD", of("sgd", "xsam"), Options{}, "differences are from sgd"},
		{"neither SAM nor SGD", slices.Concat(of("xsam"), renamed(of("sam"), "asam")), Options{},
			"no finished run of sam or sgd to compare with"},
		{"one method alone needs no baseline", of("xsam"), Options{}, ""},
		{"a variant of SAM serves as baseline", slices.Concat(of("sgd", "xsam"), renamed(of("sam"), "sam:rho=0.1")),
			Options{}, ""},
		{"the wanted baseline has no run", all, Options{Baseline: "asam"}, "no finished run of the baseline asam"},
		{"pure Go instead of XLA", changed(0, func(r *runlog.Summary) { r.BackendFallback = "there is no plugin" }),
			Options{}, "because there is no plugin"},
		{"different data", changed(0, func(r *runlog.Summary) { r.Data = "glyphs" }), Options{},
			"the runs differ in data (glyphs, digits)"},
		{"different lengths", changed(0, func(r *runlog.Summary) { r.Steps = 15 }), Options{},
			"the runs differ in steps (15, 900)"},
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

// Runs that hold images out for validation are compared by the accuracy on these, which is never called test
// accuracy; runs of both kinds do not belong together.
func TestValidationTakesThePlaceOfTest(t *testing.T) {
	runs := fourSeeds()
	for i := range runs {
		runs[i].ValidationAccuracy, runs[i].TestAccuracy = runs[i].TestAccuracy, runlog.Number{}
	}
	table, tested := New(runs, Options{}), New(fourSeeds(), Options{})
	for i, row := range table.Rows {
		if !math.IsNaN(row.TestAccuracy.Mean) || row.ValidationAccuracy != tested.Rows[i].TestAccuracy {
			t.Errorf("%s: test %v, validation %v: want none, %v", row.Method, row.TestAccuracy, row.ValidationAccuracy,
				tested.Rows[i].TestAccuracy)
		}
		if d, want := row.AccuracyDifference, tested.Rows[i].AccuracyDifference; (d == nil) != (want == nil) || d != nil &&
			*d != *want {
			t.Errorf("%s: difference %+v, want %+v", row.Method, d, want)
		}
	}
	var text strings.Builder
	if err := table.WriteText(&text); err != nil || strings.Contains(text.String(), "test accuracy") ||
		!strings.Contains(text.String(), "validation accuracy %") {
		t.Errorf("%v, text\n%s", err, text.String())
	}
	runs[0] = fourSeeds()[0]
	if warnings := New(runs, Options{}).Warnings; !slices.ContainsFunc(warnings,
		func(w string) bool { return strings.Contains(w, "test, validation") }) {
		t.Errorf("warnings %q: want one of the mixture", warnings)
	}
}

// Of a method's runs of one seed the first that has finished counts, of those of which none has the first.
func TestCounted(t *testing.T) {
	of := func(method string, seed int64, finished bool) runlog.Summary {
		return runlog.Summary{Method: method, Seed: seed, Finished: finished}
	}
	got := Counted([]runlog.Summary{of("sam", 0, false), of("sam", 0, true), of("sam", 0, true), of("sam", 1, false),
		of("sam", 1, false), of("sgd", 0, true)})
	if want := []bool{false, true, false, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
