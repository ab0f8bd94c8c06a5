package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// FewSeeds is the number of seeds below which a table carries a warning.
const FewSeeds = 4

// Options chooses what is compared with what.
type Options struct {
	// Methods are the rows in their order; nil is the order in which the methods first appear in the runs.
	Methods []string
	// Baseline is the method from which differences are taken; "" is SAM, and SGD where there is no SAM.
	Baseline string
}

// Table is the comparison: one row a method.
type Table struct {
	Rows []Row
	// Runs are the summaries that went in, in their order.
	Runs []runlog.Summary
	// Baseline is the method from which differences are taken, "" when there is none; Tests is the number of methods that
	// were tested against it, over which Holm's correction goes.
	Baseline string
	Tests    int
	// Warnings are those that belong to no single row.
	Warnings []string
}

// Row is one method.
type Row struct {
	Method string
	// N is the number of finished runs.
	N int
	// TestAccuracy and TrainAccuracy are fractions; the others have their own units.
	TestAccuracy, TrainAccuracy, TestLoss, TrainLoss, LambdaMax Estimate
	// ValidationAccuracy is that of runs which hold images out for validation and look at no test image.
	ValidationAccuracy Estimate
	// StepCost is the time of a step in units of SGD's of the same seed. StepSeconds is that time.
	StepCost, StepSeconds Estimate
	// GradientsPerStep are gradient evaluations.
	GradientsPerStep Estimate
	// Pairs is the number of seeds shared with the baseline.
	Pairs int
	// AccuracyDifference and LambdaDifference are nil in the baseline's own row and where there is no baseline.
	AccuracyDifference, LambdaDifference *Difference
	// Warnings say what weakens this row.
	Warnings []string
}

// New compares runs. A run that is not finished is left out, with a warning.
func New(runs []runlog.Summary, opts Options) *Table {
	t := &Table{Runs: runs}
	byMethod := map[string]map[int64]runlog.Summary{}
	methods := slices.Clone(opts.Methods)
	for _, r := range runs {
		if opts.Methods == nil && !slices.Contains(methods, r.Method) {
			methods = append(methods, r.Method)
		}
		if byMethod[r.Method] == nil {
			byMethod[r.Method] = map[int64]runlog.Summary{}
		}
		if r.Finished {
			byMethod[r.Method][r.Seed] = r
		}
	}
	t.Baseline = chooseBaseline(opts.Baseline, methods, byMethod)
	sgd := first(methods, byMethod, "sgd")
	for _, m := range methods {
		t.Rows = append(t.Rows, newRow(m, byMethod[m], byMethod[sgd]))
	}
	t.compareWithBaseline(byMethod)
	t.warn(opts)
	return t
}

// chooseBaseline returns the method to compare with, "" when there is none to compare with or nothing to compare.
func chooseBaseline(wanted string, methods []string, byMethod map[string]map[int64]runlog.Summary) string {
	if wanted != "" {
		return wanted
	}
	if len(methods) < 2 {
		return ""
	}
	if sam := first(methods, byMethod, "sam"); sam != "" {
		return sam
	}
	return first(methods, byMethod, "sgd")
}

// first returns the method called name, else the first variant of it ("sam:rho=0.1"), among those that have finished runs.
func first(methods []string, byMethod map[string]map[int64]runlog.Summary, name string) string {
	if len(byMethod[name]) > 0 && slices.Contains(methods, name) {
		return name
	}
	for _, m := range methods {
		if strings.HasPrefix(m, name+":") && len(byMethod[m]) > 0 {
			return m
		}
	}
	return ""
}

func newRow(method string, runs, sgd map[int64]runlog.Summary) Row {
	seeds := seedsOf(runs)
	over := func(value func(runlog.Summary) float64) Estimate {
		var values []float64
		for _, s := range seeds {
			values = append(values, value(runs[s]))
		}
		return NewEstimate(values)
	}
	return Row{
		Method:             method,
		N:                  len(seeds),
		TestAccuracy:       over(func(r runlog.Summary) float64 { return r.TestAccuracy.Float() }),
		ValidationAccuracy: over(func(r runlog.Summary) float64 { return r.ValidationAccuracy.Float() }),
		TrainAccuracy:      over(func(r runlog.Summary) float64 { return r.TrainAccuracy.Float() }),
		TestLoss:           over(func(r runlog.Summary) float64 { return r.TestLoss.Float() }),
		TrainLoss:          over(func(r runlog.Summary) float64 { return r.TrainLoss.Float() }),
		LambdaMax:          over(lambdaMax),
		StepSeconds:        over(func(r runlog.Summary) float64 { return r.StepSecondsMedian.Float() }),
		GradientsPerStep:   over(func(r runlog.Summary) float64 { return r.GradientEvaluationsPerStep.Float() }),
		StepCost: over(func(r runlog.Summary) float64 { // NaN where SGD has no run of the seed
			base, ok := sgd[r.Seed]
			if !ok {
				return math.NaN()
			}
			return r.StepSecondsMedian.Float() / base.StepSecondsMedian.Float()
		}),
	}
}

// Accuracy is that on the images which the run did not train on: test images, or those it holds out for validation.
func Accuracy(r runlog.Summary) float64 {
	if validating(r) {
		return r.ValidationAccuracy.Float()
	}
	return r.TestAccuracy.Float()
}

func lambdaMax(r runlog.Summary) float64 { return r.LambdaMax.Float() }

func validating(r runlog.Summary) bool { return r.ValidationAccuracy.Known() }

// Validating tells whether the accuracies are of images held out for validation.
func (t *Table) Validating() bool { return slices.ContainsFunc(t.Runs, validating) }

func seedsOf(runs map[int64]runlog.Summary) []int64 {
	var seeds []int64
	for s := range runs {
		seeds = append(seeds, s)
	}
	slices.Sort(seeds)
	return seeds
}

// compareWithBaseline fills in the differences, each quantity with its own correction over the methods.
func (t *Table) compareWithBaseline(byMethod map[string]map[int64]runlog.Summary) {
	base := byMethod[t.Baseline]
	if len(base) == 0 {
		t.Baseline = ""
		return
	}
	for i := range t.Rows {
		row := &t.Rows[i]
		if row.Method == t.Baseline {
			continue
		}
		runs := byMethod[row.Method]
		var accuracies, lambdas []float64
		for _, s := range seedsOf(runs) {
			if b, ok := base[s]; ok {
				row.Pairs++
				accuracies = append(accuracies, Accuracy(runs[s])-Accuracy(b))
				lambdas = append(lambdas, lambdaMax(runs[s])-lambdaMax(b))
			}
		}
		a, l := PairedTest(accuracies), PairedTest(lambdas)
		row.AccuracyDifference, row.LambdaDifference = &a, &l
		if a.Verdict != NoTest || l.Verdict != NoTest {
			t.Tests++
		}
	}
	t.correct(func(r *Row) *Difference { return r.AccuracyDifference })
	t.correct(func(r *Row) *Difference { return r.LambdaDifference })
}

// correct applies Holm's correction over the rows.
func (t *Table) correct(of func(*Row) *Difference) {
	var differences []*Difference
	var p []float64
	for i := range t.Rows {
		if d := of(&t.Rows[i]); d != nil {
			differences, p = append(differences, d), append(p, d.P)
		}
	}
	for i, corrected := range Holm(p) {
		if d := differences[i]; d.Verdict != NoTest {
			*d = d.judged(corrected)
		}
	}
}

// warn collects what weakens the table.
func (t *Table) warn(opts Options) {
	for i := range t.Rows {
		row := &t.Rows[i]
		add := func(format string, args ...any) { row.Warnings = append(row.Warnings, fmt.Sprintf(format, args...)) }
		switch {
		case row.N == 0:
			add("no finished run")
		case row.N < FewSeeds:
			add("n = %d: fewer than %d seeds, a difference has to be large to be seen", row.N, FewSeeds)
		}
		for _, r := range t.Runs {
			if r.Method != row.Method {
				continue
			}
			switch {
			case !r.Finished:
				add("seed %d is not finished and left out%s", r.Seed, because(r.Stopped))
			case !r.LambdaMax.Known():
				add("seed %d has no λmax", r.Seed)
			case r.LambdaStop != runlog.StopResidual:
				add("seed %d: λmax did not converge (relative residual %.2g after %d products%s)", r.Seed, r.LambdaResidual.Float(), r.LambdaProducts,
					reason(r.LambdaStop))
			}
		}
		if row.AccuracyDifference != nil && row.N > 0 && row.Pairs < row.N {
			add("only %d of %d seeds are shared with %s", row.Pairs, row.N, t.Baseline)
		}
	}
	t.warnOfMixture()
	switch {
	case opts.Baseline != "" && t.Baseline == "":
		t.Warnings = append(t.Warnings, fmt.Sprintf("no finished run of the baseline %s: no differences are tested", opts.Baseline))
	case t.Baseline == "" && len(t.Rows) > 1:
		t.Warnings = append(t.Warnings, "no finished run of sam or sgd to compare with: no differences are tested")
	case t.Baseline != "" && opts.Baseline == "" && !isVariant(t.Baseline, "sam"):
		t.Warnings = append(t.Warnings, "no finished run of sam to compare with: differences are from "+t.Baseline)
	}
}

// warnOfMixture says when the runs differ in more than method and seed, or ran on a slower engine than was wanted.
func (t *Table) warnOfMixture() {
	distinct := func(what string, of func(runlog.Summary) string) {
		var seen []string
		for _, r := range t.Runs {
			if v := of(r); r.Finished && !slices.Contains(seen, v) {
				seen = append(seen, v)
			}
		}
		if len(seen) > 1 {
			t.Warnings = append(t.Warnings, fmt.Sprintf("the runs differ in %s (%s): their means do not belong in one table", what, strings.Join(seen, ", ")))
		}
	}
	distinct("data", func(r runlog.Summary) string { return r.Data })
	distinct("model", func(r runlog.Summary) string { return r.Model })
	distinct("backend", func(r runlog.Summary) string { return r.Backend })
	distinct("the images that accuracy is measured on", func(r runlog.Summary) string {
		if validating(r) {
			return "validation"
		}
		return "test"
	})
	distinct("steps", func(r runlog.Summary) string { return fmt.Sprint(r.Steps) })
	for _, r := range t.Runs {
		if r.BackendFallback != "" {
			t.Warnings = append(t.Warnings, "computed by the pure-Go engine, whose step times say little about XLA, because "+r.BackendFallback)
			break
		}
	}
}

func isVariant(method, name string) bool {
	return method == name || strings.HasPrefix(method, name+":")
}

// reason is what ended the iteration, where the count of products does not say it.
func reason(stop string) string {
	if stop == runlog.StopProducts {
		return ""
	}
	return "; " + stop
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
