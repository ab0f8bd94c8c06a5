package claims

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// Judge tests each claim on the runs and returns three findings a comparison. Runs that are not finished are left out,
// and the Detail says so. The comparisons are, forms in the order of their names:
//
//	each form of X-SAM with sam
//	xsam-paper with nsam   its two parts told apart: nsam is the published form without its correction,
//	nsam with sam          and differs from sam by the unit gradient alone
//
// The runs have to be of one experiment: the same data, model, epochs, batch, number of images and label noise.
//
// Of several baselines the one with the form's ρ is taken, or, without one, that with the smallest ρ. Without a run of
// SAM, or without a form of X-SAM, there is nothing to judge, which is an error.
func Judge(runs []*runlog.Run) ([]Finding, error) {
	finished := map[string]map[int64]run{}
	unfinished := map[string]int{}
	var forms, sams, nsams []string
	counted := compare.Counted(runlog.Summaries(runs))
	for i, r := range runs {
		if first := runs[0]; r.Setup.Task != first.Setup.Task {
			return nil, fmt.Errorf("claims: %s and %s are of different experiments, which differ in %s: judge one at a time",
				first.Dir, r.Dir, strings.Join(first.Setup.Differences(r.Setup.Task), ", "))
		}
		method := r.Summary.Method
		if finished[method] == nil {
			finished[method] = map[int64]run{}
			switch name := family(method); {
			case name == "sam":
				sams = append(sams, method)
			case name == "nsam":
				nsams = append(nsams, method)
			case strings.HasPrefix(name, "xsam"):
				forms = append(forms, method)
			}
		}
		switch {
		case !counted[i]:
		case r.Summary.Finished:
			finished[method][r.Summary.Seed] = newRun(r)
		default:
			unfinished[method]++
		}
	}
	if len(sams) == 0 || len(forms) == 0 {
		return nil, fmt.Errorf("claims: among %d runs there are %d forms of X-SAM and %d of SAM: "+
			"want one of each, as xsam compare --methods sam,xsam makes them",
			len(runs), len(forms), len(sams))
	}
	slices.Sort(forms)
	slices.Sort(nsams)
	var findings []Finding
	against := func(form string, bases []string) {
		base := baseline(finished[form], bases, finished)
		for _, f := range judge(form, base, finished[form], finished[base]) {
			for _, method := range []string{form, base} {
				if n := unfinished[method]; n > 0 {
					f.Detail += fmt.Sprintf("; %d runs of %s are not finished and left out", n, method)
				}
			}
			findings = append(findings, f)
		}
	}
	for _, form := range forms {
		against(form, sams)
		if family(form) == "xsam-paper" && len(nsams) > 0 {
			against(form, nsams)
		}
	}
	for _, form := range nsams {
		against(form, sams)
	}
	return findings, nil
}

// baseline chooses the variant of a method that a form is compared with.
func baseline(form map[int64]run, variants []string, finished map[string]map[int64]run) string {
	rhoOf := func(runs map[int64]run) float64 {
		for _, r := range runs {
			return r.rho
		}
		return 0
	}
	variants = slices.Clone(variants)
	slices.SortStableFunc(variants, func(a, b string) int {
		return cmp.Or(cmp.Compare(rhoOf(finished[a]), rhoOf(finished[b])), strings.Compare(a, b))
	})
	for _, variant := range variants {
		if len(finished[variant]) > 0 && rhoOf(finished[variant]) == rhoOf(form) {
			return variant
		}
	}
	return variants[0]
}

// judge tests the claims for one form.
func judge(form, base string, runs, bases map[int64]run) []Finding {
	var pairs []pair
	for seed, r := range runs {
		if b, ok := bases[seed]; ok {
			pairs = append(pairs, pair{r, b})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.form.seed, b.form.seed) })
	tests := []test{testAccuracy(pairs), testEarlyLoss(pairs), testLambda(pairs)}
	var p []float64
	for _, t := range tests {
		p = append(p, t.p)
	}
	findings := make([]Finding, len(tests))
	for i, pHolm := range compare.Holm(p) {
		t := tests[i]
		findings[i] = Finding{
			Claim: Names[i], Method: form, Verdict: t.verdict(pHolm), Detail: t.detail(pHolm), Baseline: base,
			N: t.N, Difference: t.Estimate, P: t.p, PHolm: pHolm,
		}
	}
	return findings
}
