package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// FewSeeds is the number of seeds below which a table carries a warning.
const FewSeeds = 4

// warn collects what weakens the table.
func (t *Table) warn(opts Options) {
	counted := Counted(t.Runs)
	for i := range t.Rows {
		row := &t.Rows[i]
		add := func(format string, args ...any) { row.Warnings = append(row.Warnings, fmt.Sprintf(format, args...)) }
		switch {
		case row.N == 0:
			add("no finished run")
		case row.N < FewSeeds:
			add("n = %d: fewer than %d seeds, a difference has to be large to be seen", row.N, FewSeeds)
		}
		for j, r := range t.Runs {
			if r.Method != row.Method {
				continue
			}
			if r.Finished && !counted[j] {
				add("seed %d is there more than once: only the first of its runs is counted, move the others away", r.Seed)
			}
			if r.Finished && r.UndoneUpdates > 0 {
				add("seed %d: %d updates were undone, for the loss or the weights were not finite", r.Seed, r.UndoneUpdates)
			}
			switch {
			case r.Diverged:
				add("seed %d diverged and is left out%s", r.Seed, because(r.Stopped))
			case !r.Finished:
				add("seed %d is not finished and left out%s", r.Seed, because(r.Stopped))
			case r.NotLearnt != "":
				add("seed %d has not learnt: %s", r.Seed, t.unlearnt(r))
			case !r.LambdaMax.Known():
				add("seed %d has no λmax%s", r.Seed, unmeasured(r.LambdaStop))
			case r.LambdaStop != runlog.StopResidual:
				add("seed %d: λmax did not converge (relative residual %.2g after %d products%s)", r.Seed,
					r.LambdaResidual.Float(), r.LambdaProducts,
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
		t.Warnings = append(t.Warnings, fmt.Sprintf("no finished run of the baseline %s: no differences are tested",
			opts.Baseline))
	case t.Baseline == "" && len(t.Rows) > 1:
		t.Warnings = append(t.Warnings, "no finished run of sam or sgd to compare with: no differences are tested")
	case t.Baseline != "" && opts.Baseline == "" && !isVariant(t.Baseline, "sam"):
		t.Warnings = append(t.Warnings, "no finished run of sam to compare with: differences are from "+t.Baseline)
	}
}

// unlearnt says what a run that has not learnt is like, and what to do about it.
func (t *Table) unlearnt(r runlog.Summary) string {
	text := fmt.Sprintf("%s, training loss %.3g where that of chance is %.3g; its λmax is left out. ", r.NotLearnt,
		r.TrainLoss.Float(), r.ChanceLoss.Float())
	switch {
	case (isVariant(r.Method, "xsam") || isVariant(r.Method, "xsam-lite")) && t.hasLearnt("sam", r.Method):
		return text + "sam has learnt: try a lower --lr or --alpha"
	case t.hasLearnt("sgd", r.Method):
		return text + "sgd has learnt: try a lower --rho or --alpha, or a lower --lr"
	}
	const above = 3 // times chance: steps that lead away; fresh weights may have twice its loss
	if r.NotLearnt == runlog.Collapsed || r.TrainLoss.Float() > above*r.ChanceLoss.Float() {
		return text + "Try a lower --lr"
	}
	return text + "Try another --lr, a tenth or ten times of it, or more --epochs"
}

// hasLearnt tells whether a run of another method, a variant of name, has learnt.
func (t *Table) hasLearnt(name, other string) bool {
	return slices.ContainsFunc(t.Runs, func(r runlog.Summary) bool {
		return isVariant(r.Method, name) && r.Method != other && r.Finished && r.NotLearnt == ""
	})
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
			t.Warnings = append(t.Warnings, fmt.Sprintf("the runs differ in %s (%s): their means do not belong in one table",
				what, strings.Join(seen, ", ")))
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
	distinct("the metric", func(r runlog.Summary) string { return strings.TrimSpace(r.Metric + " " + r.MetricBetter) })
	distinct("steps", func(r runlog.Summary) string { return fmt.Sprint(r.Steps) })
	for _, r := range t.Runs {
		if r.BackendFallback != "" {
			t.Warnings = append(t.Warnings,
				"computed by the pure-Go engine, whose step times say little about XLA, because "+r.BackendFallback)
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

// unmeasured is why there is no λmax, where the record says it.
func unmeasured(stop string) string {
	if strings.HasPrefix(stop, runlog.StopNotMeasured) {
		return because(stop)
	}
	return ""
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
