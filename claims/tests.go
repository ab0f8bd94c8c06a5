package claims

import (
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam/compare"
)

// pair is a run of a form and one of its baseline, with the same seed.
type pair struct{ form, sam run }

// test is the test of one claim before the correction over the claims.
type test struct {
	compare.Estimate // of the difference
	p                float64
	supports         bool   // the difference has the claimed sign
	shown            string // the difference for people
	note             string // what weakens it, "" if nothing does
}

// verdict is what the corrected p says; NaN is no test.
func (t test) verdict(pHolm float64) string {
	switch {
	case math.IsNaN(pHolm):
		return NoTest
	case !(pHolm < compare.Level):
		return NotDistinguishable
	case t.supports:
		return Supported
	}
	return Contradicted
}

func (t test) detail(pHolm float64) string {
	text := t.shown
	if !math.IsNaN(pHolm) {
		text += fmt.Sprintf(", p = %.2g (%.2g before Holm)", pHolm, t.p)
	}
	text += fmt.Sprintf(", n = %d", t.N)
	if t.note != "" {
		text += "; " + t.note
	}
	return text
}

// differences are taken pair by pair, form minus baseline.
func differences(pairs []pair, of func(run) float64) []float64 {
	var all []float64
	for _, p := range pairs {
		all = append(all, compare.Subtract(of(p.form), of(p.sam)))
	}
	return all
}

// testAccuracy is the test of claim (a).
func testAccuracy(pairs []pair) test {
	d := compare.PairedTest(differences(pairs, func(r run) float64 { return r.accuracy }))
	return test{
		Estimate: d.Estimate, p: d.P, supports: d.Mean > 0,
		shown: fmt.Sprintf("%s points of test accuracy", signed(100*d.Mean, 100*d.HalfWidth)),
	}
}

// testEarlyLoss is the test of claim (b).
func testEarlyLoss(pairs []pair) test {
	d := compare.PairedTest(differences(pairs, func(r run) float64 { return r.earlyLoss }))
	early := 0
	if len(pairs) > 0 {
		early = pairs[0].form.early
	}
	return test{
		Estimate: d.Estimate, p: d.P, supports: d.Mean < 0,
		shown: fmt.Sprintf("%s in training loss over the first %d epochs", signed(d.Mean, d.HalfWidth), early),
	}
}

// testLambda is the test of claim (c). The claim holds when it holds at every epoch, so its p is the largest of theirs
// (an intersection-union test, which needs no correction). It is contradicted when λmax is higher at any epoch, so
// Holm's correction then goes over the epochs.
//
// Reference: R. L. Berger, Multiparameter hypothesis testing and acceptance sampling, Technometrics 24 (1982).
//
// Pairs with a run that has not learnt are left out: its λmax is low for no merit of its method.
func testLambda(all []pair) test {
	pairs := slices.DeleteFunc(slices.Clone(all), func(p pair) bool { return !p.form.learnt || !p.sam.learnt })
	t := testLearnt(pairs)
	if n := len(all) - len(pairs); n > 0 {
		t.shown += fmt.Sprintf("; %d of %d pairs with a run that has not learnt are left out", n, len(all))
	}
	return t
}

// testLearnt is testLambda of pairs that have learnt.
func testLearnt(pairs []pair) test {
	epochs := commonEpochs(pairs)
	if len(epochs) == 0 {
		return test{Estimate: compare.NewEstimate(nil), p: math.NaN(), shown: "no epoch at which all paired runs have λmax"}
	}
	var worst compare.Difference
	var worstAt, largest float64
	var all []compare.Difference
	var p []float64
	for i, e := range epochs {
		d := compare.PairedTest(differences(pairs, func(r run) float64 { return r.lambda[e] }))
		if i == 0 || d.Mean > worst.Mean {
			worst, worstAt = d, e
		}
		largest = math.Max(largest, d.P) // keeps NaN: an epoch without a test is one at which nothing is shown
		all, p = append(all, d), append(p, d.P)
	}
	t := test{
		Estimate: worst.Estimate, p: largest, supports: worst.Mean < 0,
		shown: fmt.Sprintf("%s in λmax at epoch %g, the worst of %d", signed(worst.Mean, worst.HalfWidth), worstAt,
			len(epochs)),
		note: loose(pairs),
	}
	if !t.supports {
		t.p = smallestAbove(all, p)
	}
	if len(epochs) == 1 {
		t.shown += " (measured once: nothing is said of the other epochs)"
	}
	return t
}

// smallestAbove is the smallest corrected p among the epochs at which λmax is higher than SAM's.
func smallestAbove(all []compare.Difference, p []float64) float64 {
	smallest := math.NaN()
	for i, corrected := range compare.Holm(p) {
		if all[i].Mean >= 0 && (math.IsNaN(smallest) || corrected < smallest) {
			smallest = corrected
		}
	}
	return smallest
}

// commonEpochs are those at which every run of every pair has λmax, in order.
func commonEpochs(pairs []pair) []float64 {
	if len(pairs) == 0 {
		return nil
	}
	var epochs []float64
	for e := range pairs[0].form.lambda {
		everywhere := !slices.ContainsFunc(pairs, func(p pair) bool {
			_, form := p.form.lambda[e]
			_, sam := p.sam.lambda[e]
			return !form || !sam
		})
		if everywhere {
			epochs = append(epochs, e)
		}
	}
	slices.Sort(epochs)
	return epochs
}

// loose says how many measurements of λmax did not converge.
func loose(pairs []pair) string {
	n, all := 0, 0
	for _, p := range pairs {
		n += p.form.loose + p.sam.loose
		all += len(p.form.lambda) + len(p.sam.lambda)
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d measurements of λmax did not converge", n, all)
}

// signed writes a difference with its interval, with the digits that the interval supports.
func signed(mean, halfWidth float64) string {
	switch {
	case math.IsNaN(mean):
		return "no difference"
	case math.IsNaN(halfWidth) || halfWidth == 0:
		return fmt.Sprintf("%+.3g", mean)
	}
	decimals := min(6, max(0, 1-int(math.Floor(math.Log10(halfWidth)))))
	return fmt.Sprintf("%+.*f ± %.*f", decimals, mean, decimals, halfWidth)
}
