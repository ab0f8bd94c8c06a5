package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

// The numbers on the page are those of package compare, in both forms.
func TestNumbersAreThoseOfCompare(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 20}))
	var md bytes.Buffer
	if err := WriteMarkdown(&md, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{"html": words(pageOf(t, Options{}, c)), "md": md.String()}
	for _, baseline := range []string{"sam", "sgd"} {
		table := compare.New(runlog.Summaries(c.Runs), compare.Options{Methods: methods, Baseline: baseline})
		for _, row := range table.Rows {
			want := []string{row.TestAccuracy.Percent(), row.LambdaMax.String(), row.TrainLoss.String(),
				row.TestLoss.String(), row.StepCost.String()}
			if d := row.AccuracyDifference; d != nil {
				want = append(want, d.Estimate.Scaled(100).Signed(), d.PText(), row.LambdaDifference.Estimate.Signed(),
					row.LambdaDifference.PText())
			}
			for form, text := range forms {
				for _, w := range want {
					if form == "md" {
						w = escape(w)
					}
					if !strings.Contains(text, w) {
						t.Errorf("%s: %s against %s: %q is not on the page", form, row.Method, baseline, w)
					}
				}
			}
		}
	}
}

// The table of the first epochs and the paper's claim about them go by one rule, that of compare.EarlyEpochs.
func TestOneRuleForTheFirstEpochs(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 4, Epochs: 60}))
	page := words(pageOf(t, Options{}, c))
	for _, want := range []string{
		"two at least, here 6,", "Training loss, first 6 epochs", "in training loss over the first 6 epochs",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	var losses []float64
	for _, r := range c.of("xsam") {
		losses = append(losses, compare.EarlyLoss(r))
	}
	table := page[strings.Index(page, "here 6"):]
	if want := "xsam " + compare.NewEstimate(losses).String(); !strings.Contains(table, want) {
		t.Errorf("%q is not in the table of the first epochs", want)
	}
}

func TestHeadline(t *testing.T) {
	two := func(seeds int) *Comparison {
		return load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: seeds, Epochs: 3}))
	}
	full := two(5)
	table := full.table("")
	xsam := rowOf(table, "xsam")
	want := "xsam against sam on digits with mlp: test accuracy " + string(xsam.AccuracyDifference.Verdict) + ", " +
		xsam.AccuracyDifference.Estimate.Scaled(100).Signed() + " points, " +
		xsam.AccuracyDifference.PText() + "; λmax " + string(xsam.LambdaDifference.Verdict) + ", " +
		xsam.LambdaDifference.Estimate.Signed() + ", " + xsam.LambdaDifference.PText()
	if got := full.headline(table); !strings.HasPrefix(got.Text, want) || !strings.HasSuffix(got.Text,
		"(paired t-test over 5 seeds, Holm's correction over 2 methods).") || got.Provisional {
		t.Errorf("headline %+v, want %q with the test behind it", got, want)
	}
	single := two(1)
	if got := single.headline(single.table("")).Text; !strings.Contains(got, "test accuracy cannot be tested") {
		t.Errorf("headline of one seed %q, want that it cannot be tested", got)
	}
	some := two(5)
	for _, r := range some.of("xsam")[:2] {
		r.Summary.LambdaMax = runlog.Number{}
	}
	if got := some.headline(some.table("")).Text; !strings.Contains(got, "(paired t-test over 5 seeds, of λmax over 3") {
		t.Errorf("headline where λmax is missing in two runs: %q", got)
	}
	some.of("xsam")[0].Summary.Finished, some.of("xsam")[0].Summary.Diverged = false, true
	if got := some.headline(some.table("")); got.Provisional {
		t.Errorf("headline %+v, of runs of which one diverged: want that nothing is to come", got)
	}
	for _, r := range some.of("xsam") {
		r.Setup.LabelNoise = 0.4
	}
	if got := some.headline(some.table("")).Text; !strings.HasPrefix(got, "No verdict") || !strings.Contains(got, "label noise 0.2 and 0.4") {
		t.Errorf("headline of runs with and without noise: %q", got)
	}
	if facts := strings.Join(some.facts(), ", "); strings.Contains(facts, "labels random") || !strings.Contains(facts, "mlp") {
		t.Errorf("facts of runs with and without noise: %q", facts)
	}
	for i := range full.Runs {
		full.Runs[i].Summary.Finished = false
	}
	if got := full.headline(full.table("")); !strings.HasPrefix(got.Text, "No verdict") || !got.Provisional {
		t.Errorf("headline without finished runs %+v, want no verdict", got)
	}
	if got := (&Comparison{}).headline(compare.New(nil, compare.Options{})).Text; got != "There is no run to report on." {
		t.Errorf("headline of nothing: %q", got)
	}
}

// Runs that hold images out for validation look at no test image: the page shows the validation accuracy, by that name.
func TestValidationInPlaceOfTest(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 2, Epochs: 3}))
	for i := range c.Runs {
		r := c.Runs[i]
		r.Setup.ValidationSize = 100
		r.Summary.ValidationAccuracy, r.Summary.TestAccuracy, r.Summary.TestLoss = r.Summary.TestAccuracy, runlog.Number{},
			runlog.Number{}
		for j := range r.Records {
			if r.Records[j].Split == runlog.TestSplit {
				r.Records[j].Split = runlog.ValidationSplit
			}
		}
	}
	page := words(pageOf(t, Options{}, c))
	for _, want := range []string{"xsam against sam on digits with mlp: validation accuracy",
		"Validation accuracy per time", "Validation accuracy against λmax", c.table("").Rows[0].Accuracy().Percent()} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	claim := "(a) test accuracy above SAM's no test"
	if !strings.Contains(page, claim) {
		t.Error("the claim about test images is tested without any")
	}
	page = strings.ReplaceAll(strings.ReplaceAll(page, claim, ""), "no difference points of test accuracy, n = 0", "")
	for _, unwanted := range []string{"test accuracy", "Test accuracy"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page of runs without test images says %q", unwanted)
		}
	}
}

// Where runs have not learnt the page says so first, and no difference in λmax is a good one.
func TestNotLearntOnThePage(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 4, Epochs: 3}))
	for _, r := range c.of("xsam") {
		r.Summary.NotLearnt = runlog.NearChance
	}
	page := words(pageOf(t, Options{}, c))
	for _, want := range []string{"4 of their 8 runs have not learnt", "λmax cannot be tested", "4, 4 not learnt",
		"has not learnt: near chance"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// A run that has not learnt is nowhere shown as a flat one.
func TestUnlearntIsNotFlat(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 3, Epochs: 3}))
	marks := func() (n int) {
		for _, s := range c.scatter().Series {
			n += len(s.X)
		}
		return n
	}
	before := marks()
	lost := c.of("xsam")[0]
	lost.Summary.NotLearnt = runlog.Collapsed
	if after := marks(); after != before-1 || len(measuredLambda(lost)) > 0 {
		t.Errorf("%d marks of runs, %d with one that has not learnt, of which λmax is %v", before, after, measuredLambda(lost))
	}
}
