package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// WriteText writes the table for a terminal of 100 columns: the means, the differences from the baseline with their
// tests, and the warnings.
func (t *Table) WriteText(w io.Writer) error {
	var b strings.Builder
	t.writeMeans(&b)
	t.writeDifferences(&b)
	if warnings := t.AllWarnings(); len(warnings) > 0 {
		b.WriteString("\nWarnings\n")
		for _, warning := range warnings {
			b.WriteString(Wrap("  ! ", "    ", warning))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) writeMeans(b *strings.Builder) {
	columns := newColumns(b)
	outcome := t.Outcome()
	titles := []string{"method", "n", suffixed(outcome.Name(), " ", outcome.unit)}
	if t.Metric != "" {
		titles = append(titles, t.Held()+" "+t.Metric)
	}
	columns.line(append(titles, "λmax", "train loss", "gradients", "step time")...)
	columns.line(append(make([]string, len(titles)), "", "", "per step", "× sgd")...)
	for _, r := range t.Rows {
		cells := []string{r.Method, r.Runs(), outcome.Text(&r)}
		if t.Metric != "" {
			cells = append(cells, r.TestMetric.String())
		}
		columns.line(append(cells, r.LambdaMax.String(), r.TrainLoss.String(),
			plain(r.GradientsPerStep.Mean, 2), plain(r.StepCost.Mean, 2))...)
	}
	columns.Flush()
	b.WriteString("\nmean ± half-width of the Student-t 95 % interval over n seeds\n")
}

// Runs is n, with the number of those that have not learnt: "4, 2 not learnt".
func (r *Row) Runs() string {
	if r.NotLearnt == 0 {
		return fmt.Sprint(r.N)
	}
	return fmt.Sprintf("%d, %d not learnt", r.N, r.NotLearnt)
}

// Held names the images on which the accuracies were measured, "test" or "validation".
func (t *Table) Held() string {
	if t.Validating() {
		return "validation"
	}
	return "test"
}

// Accuracy is that on the images which the runs did not train on: test images, or those held out for validation.
func (r *Row) Accuracy() Estimate {
	if math.IsNaN(r.TestAccuracy.Mean) {
		return r.ValidationAccuracy
	}
	return r.TestAccuracy
}

func (t *Table) writeDifferences(b *strings.Builder) {
	if t.Baseline == "" {
		return
	}
	fmt.Fprintf(b, "\nDifference from %s, paired by seed; p of a paired t-test", t.Baseline)
	if t.Tests > 1 {
		fmt.Fprintf(b, " with Holm's\ncorrection over %d methods, and ± half-width of the 95 %% interval with the same "+
			"correction", t.Tests)
	}
	b.WriteString("\n\n")
	columns, outcome := newColumns(b), t.Outcome()
	for _, r := range t.Rows {
		if r.AccuracyDifference == nil {
			continue
		}
		d, l := outcome.Difference(&r), r.LambdaDifference
		columns.line(r.Method, suffixed(outcome.Name(), ", ", outcome.points), d.Scaled(outcome.Scale).Signed(), d.PText(),
			string(d.Verdict))
		if m := r.MetricDifference; m != nil {
			columns.line("", t.MetricTitle(), m.Signed(), m.PText(), string(m.Verdict))
		}
		columns.line("", "λmax", l.Signed(), l.PText(), string(l.Verdict))
	}
	columns.Flush()
}

// AllWarnings are the warnings of the rows, each with the methods that it is about, and those of the whole table.
func (t *Table) AllWarnings() []string {
	about := map[string][]string{}
	var texts []string
	for _, r := range t.Rows {
		for _, w := range r.Warnings {
			if about[w] == nil {
				texts = append(texts, w)
			}
			about[w] = append(about[w], r.Method)
		}
	}
	var all []string
	for _, w := range texts {
		all = append(all, strings.Join(about[w], ", ")+": "+w)
	}
	return append(all, t.Warnings...)
}

// aligned writes lines of cells in columns.
type aligned struct{ *tabwriter.Writer }

func newColumns(w io.Writer) aligned { return aligned{tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)} }

func (a aligned) line(cells ...string) { fmt.Fprintln(a.Writer, strings.Join(cells, "\t")) }

// Wrap breaks a text into lines of at most 100 characters, of which the first begins with first and the others with
// next.
func Wrap(first, next, text string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > 100 {
			b.WriteString(line + "\n")
			line = next + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}
