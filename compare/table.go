package compare

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

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
	// Baseline is the method from which differences are taken, "" for none; Tests counts the methods tested against it.
	Baseline string
	Tests    int
	// Metric is the name of a metric of the user's own, "" for none, Better runlog.MetricHigher or runlog.MetricLower.
	Metric, Better string
	// Tuning is the record of the search that chose the settings, for JSON; nil where there was none.
	Tuning any
	// Warnings are those that belong to no single row.
	Warnings []string
}

// Row is one method.
type Row struct {
	Method string
	// N is the number of finished runs, NotLearnt the number of those that have not learnt: their λmax is left out.
	N, NotLearnt int
	// TestAccuracy and TrainAccuracy are fractions; the others have their own units.
	TestAccuracy, TrainAccuracy, TestLoss, TrainLoss, LambdaMax Estimate
	// ValidationAccuracy is that of runs which hold images out for validation and look at no test image.
	ValidationAccuracy Estimate
	// HeldLoss is the loss on the images which the runs did not train on: test or validation images.
	HeldLoss Estimate
	// StepCost is the time of a step in units of SGD's of the same seed. StepSeconds is that time.
	StepCost, StepSeconds Estimate
	// GradientsPerStep are gradient evaluations.
	GradientsPerStep Estimate
	// Pairs is the number of seeds shared with the baseline.
	Pairs int
	// AccuracyDifference and LambdaDifference are nil in the baseline's own row and where there is no baseline.
	AccuracyDifference, LambdaDifference *Difference
	// LossDifference is that of the held-out loss, where the runs have no accuracy, as those of a regression; else nil.
	LossDifference *Difference
	// TestMetric and TrainMetric are the table's Metric in its own unit; MetricDifference is nil where there is none.
	TestMetric, TrainMetric Estimate
	MetricDifference        *Difference
	// Warnings say what weakens this row.
	Warnings []string
}

// New compares runs. A run that is not finished is left out, with a warning.
func New(runs []runlog.Summary, opts Options) *Table {
	t := &Table{Runs: runs}
	methods, counted := slices.Clone(opts.Methods), Counted(runs)
	byMethod := map[string]map[int64]runlog.Summary{}
	for i, r := range runs {
		if opts.Methods == nil && !slices.Contains(methods, r.Method) {
			methods = append(methods, r.Method)
		}
		if byMethod[r.Method] == nil {
			byMethod[r.Method] = map[int64]runlog.Summary{}
		}
		if r.Finished && counted[i] {
			byMethod[r.Method][r.Seed] = r
		}
	}
	t.Baseline = chooseBaseline(opts.Baseline, methods, byMethod)
	t.nameMetric()
	sgd := first(methods, byMethod, "sgd")
	for _, m := range methods {
		t.Rows = append(t.Rows, t.newRow(m, byMethod[m], byMethod[sgd]))
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

// first returns the method called name, else the first variant of it ("sam:rho=0.1"), among those that have finished
// runs.
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

func (t *Table) newRow(method string, runs, sgd map[int64]runlog.Summary) Row {
	seeds := slices.Sorted(maps.Keys(runs))
	over := func(value func(runlog.Summary) float64) Estimate {
		var values []float64
		for _, s := range seeds {
			values = append(values, value(runs[s]))
		}
		return NewEstimate(values)
	}
	notLearnt := 0
	for _, r := range runs {
		if r.NotLearnt != "" {
			notLearnt++
		}
	}
	return Row{
		Method:             method,
		N:                  len(seeds),
		NotLearnt:          notLearnt,
		TestAccuracy:       over(func(r runlog.Summary) float64 { return r.TestAccuracy.Float() }),
		ValidationAccuracy: over(func(r runlog.Summary) float64 { return r.ValidationAccuracy.Float() }),
		TrainAccuracy:      over(func(r runlog.Summary) float64 { return r.TrainAccuracy.Float() }),
		TestLoss:           over(func(r runlog.Summary) float64 { return r.TestLoss.Float() }),
		HeldLoss:           over(heldLoss),
		TrainLoss:          over(func(r runlog.Summary) float64 { return r.TrainLoss.Float() }),
		LambdaMax:          over(lambdaMax),
		TestMetric:         over(t.RunMetric),
		TrainMetric:        over(func(r runlog.Summary) float64 { return t.ofMetric(r, r.TrainMetric) }),
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

// heldLoss is the loss on the images which the run did not train on.
func heldLoss(r runlog.Summary) float64 {
	if validating(r) {
		return r.ValidationLoss.Float()
	}
	return r.TestLoss.Float()
}

// lambdaMax is NaN of a run that has not learnt: λmax is low there, and no merit of the method.
func lambdaMax(r runlog.Summary) float64 {
	if r.NotLearnt != "" {
		return math.NaN()
	}
	return r.LambdaMax.Float()
}

func validating(r runlog.Summary) bool {
	return r.ValidationAccuracy.Known() || r.ValidationLoss.Known()
}

// LossOnly tells whether the finished runs have a loss and no accuracy: they learnt a number and no class.
func (t *Table) LossOnly() bool {
	some := false
	for _, r := range t.Runs {
		if r.Finished && !math.IsNaN(Accuracy(r)) {
			return false
		}
		some = some || r.Finished && !math.IsNaN(heldLoss(r))
	}
	return some
}

// Validating tells whether the accuracies are of images held out for validation.
func (t *Table) Validating() bool { return slices.ContainsFunc(t.Runs, validating) }

// compareWithBaseline fills in the differences, each quantity with its own correction over the methods.
func (t *Table) compareWithBaseline(byMethod map[string]map[int64]runlog.Summary) {
	base := byMethod[t.Baseline]
	if len(base) == 0 {
		t.Baseline = ""
		return
	}
	accuracies, lambdas := t.differences(byMethod, Accuracy), t.differences(byMethod, lambdaMax)
	var losses, metrics map[string]*Difference
	if t.LossOnly() {
		losses = t.differences(byMethod, heldLoss)
	}
	if t.Metric != "" {
		metrics = t.differences(byMethod, t.RunMetric)
	}
	for i := range t.Rows {
		row := &t.Rows[i]
		if row.Method == t.Baseline {
			continue
		}
		for s := range byMethod[row.Method] {
			if _, ok := base[s]; ok {
				row.Pairs++
			}
		}
		row.AccuracyDifference, row.LambdaDifference = accuracies[row.Method], lambdas[row.Method]
		row.LossDifference, row.MetricDifference = losses[row.Method], metrics[row.Method]
		if slices.ContainsFunc([]*Difference{row.AccuracyDifference, row.LambdaDifference, row.LossDifference,
			row.MetricDifference}, (*Difference).tested) {
			t.Tests++
		}
	}
}

// differences tests a quantity of the methods of the rows.
func (t *Table) differences(
	byMethod map[string]map[int64]runlog.Summary, of func(runlog.Summary) float64,
) map[string]*Difference {
	values := map[string]map[int64]float64{t.Baseline: {}}
	for _, row := range t.Rows {
		values[row.Method] = map[int64]float64{}
	}
	for method, bySeed := range values {
		for seed, r := range byMethod[method] {
			bySeed[seed] = of(r)
		}
	}
	return Differences(values, t.Baseline)
}
