package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
)

// Headline answers the page's question in one sentence.
type Headline struct {
	Text string
	// Provisional says that runs are missing yet.
	Provisional bool
}

// headline compares the subject with the table's baseline.
func (c *Comparison) headline(t *compare.Table) Headline {
	h := Headline{Provisional: c.ended() < len(c.Runs)}
	methods := c.Methods()
	method := subject(methods, t.Baseline)
	row, base := rowOf(t, method), rowOf(t, t.Baseline)
	switch {
	case len(c.Runs) == 0:
		h.Text = "There is no run to report on."
	case len(c.mixture()) > 0:
		h.Text = fmt.Sprintf("No verdict: the runs are of different experiments, which differ in %s. Give each a folder of "+
			"its own.", strings.Join(c.mixture(), ", "))
	case t.Baseline == "" || row == nil || base == nil:
		h.Text = fmt.Sprintf("No verdict: that takes finished runs of a method and of SAM or SGD, of the same seeds; %d "+
			"of %s finished.", c.finished(), isOrAre(len(c.Runs), "run"))
	case row.Pairs == 0:
		h.Text = fmt.Sprintf("No verdict: no seed of %s has finished that %s has finished too.", method, t.Baseline)
	default:
		h.Text = c.sentence(t, row, base)
	}
	return h
}

func (c *Comparison) sentence(t *compare.Table, row, base *compare.Row) string {
	outcome := t.Outcome()
	d, l := outcome.Difference(row), row.LambdaDifference
	first := c.Runs[0].Summary
	held := fmt.Sprintf("%s %s, %s%s", outcome.Name(), verdictText(d.Verdict), outcome.DifferenceText(d), pPart(d))
	text := fmt.Sprintf("%s against %s on %s with %s: %s; λmax %s, %s%s", row.Method,
		t.Baseline, first.Data, first.Model, metricPart(t, row.MetricDifference)+held, verdictText(l.Verdict),
		l.Estimate.Signed(), pPart(l))
	if ratio := row.StepSeconds.Mean / base.StepSeconds.Mean; !math.IsNaN(ratio) {
		text += fmt.Sprintf("; a step takes %.2f times as long", ratio)
	}
	text += fmt.Sprintf(" (paired t-test over %s", count(row.Pairs, "seed"))
	if l.N != row.Pairs {
		text += fmt.Sprintf(", of λmax over %d", l.N)
	}
	if t.Tests > 1 {
		text += fmt.Sprintf(", Holm's correction over %d methods", t.Tests)
	}
	if n := row.NotLearnt + base.NotLearnt; n > 0 {
		text = fmt.Sprintf("%d of their %d runs have not learnt, and the comparison says little: %s", n, row.N+base.N, text)
	}
	return text + ")."
}

// verdictText is a verdict within a sentence.
func verdictText(v compare.Verdict) string {
	if v == compare.NoTest {
		return "cannot be tested"
	}
	return string(v)
}

func pPart(d *compare.Difference) string {
	if math.IsNaN(d.PHolm) {
		return ""
	}
	return ", " + d.PText()
}

func rowOf(t *compare.Table, method string) *compare.Row {
	for i := range t.Rows {
		if t.Rows[i].Method == method {
			return &t.Rows[i]
		}
	}
	return nil
}

// warnings are those of the comparison, of its files and of what was measured.
func (c *Comparison) warnings(t *compare.Table) []string {
	return slices.Concat(t.AllWarnings(), c.AllProblems(), c.measuredWarnings())
}
