package compare

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// WriteText writes the table for a terminal of 100 columns: the means, the differences from the baseline with their tests,
// and the warnings.
func (t *Table) WriteText(w io.Writer) error {
	var b strings.Builder
	t.writeMeans(&b)
	t.writeDifferences(&b)
	if warnings := t.AllWarnings(); len(warnings) > 0 {
		b.WriteString("\nWarnings\n")
		for _, warning := range warnings {
			b.WriteString(wrap("  ! ", "    ", warning))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) writeMeans(b *strings.Builder) {
	columns := newColumns(b)
	columns.line("method", "n", t.Held()+" accuracy %", "λmax", "train loss", "gradients", "step time")
	columns.line("", "", "", "", "", "per step", "× sgd")
	for _, r := range t.Rows {
		columns.line(r.Method, fmt.Sprint(r.N), percent(r.Accuracy()), text(r.LambdaMax), text(r.TrainLoss),
			plain(r.GradientsPerStep.Mean, 2), ratio(r.StepCost))
	}
	columns.Flush()
	b.WriteString("\nmean ± half-width of the Student-t 95 % interval over n seeds\n")
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
		fmt.Fprintf(b, " with Holm's correction over %d methods", t.Tests)
	}
	b.WriteString("\n\n")
	columns := newColumns(b)
	for _, r := range t.Rows {
		if r.AccuracyDifference == nil {
			continue
		}
		points := r.AccuracyDifference.Estimate
		points.Mean, points.HalfWidth = 100*points.Mean, 100*points.HalfWidth
		columns.line(r.Method, t.Held()+" accuracy, points", signed(points), pValue(*r.AccuracyDifference), string(r.AccuracyDifference.Verdict))
		columns.line("", "λmax", signed(r.LambdaDifference.Estimate), pValue(*r.LambdaDifference), string(r.LambdaDifference.Verdict))
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

// text writes an estimate with the digits that its interval supports: two significant ones of the half-width.
func text(e Estimate) string {
	switch {
	case e.N == 0:
		return "–"
	case math.IsNaN(e.HalfWidth):
		return plain(e.Mean, decimals(math.Abs(e.Mean)/10))
	}
	d := decimals(e.HalfWidth)
	if e.HalfWidth == 0 {
		d = decimals(math.Abs(e.Mean) / 10)
	}
	return plain(e.Mean, d) + " ± " + plain(e.HalfWidth, d)
}

func percent(e Estimate) string {
	e.Mean, e.HalfWidth = 100*e.Mean, 100*e.HalfWidth
	return text(e)
}

// signed is text with the sign of a difference.
func signed(e Estimate) string {
	if e.N > 0 && e.Mean >= 0 {
		return "+" + text(e)
	}
	return text(e)
}

// ratio writes a cost ratio without its interval, which the JSON and CSV forms hold.
func ratio(e Estimate) string { return plain(e.Mean, 2) }

// plain writes x with a number of decimals, "–" for NaN.
func plain(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}

// decimals is the number of decimals that shows two significant digits of x, at most 4.
func decimals(x float64) int {
	if !(x > 0) {
		return 2
	}
	return min(4, max(0, 1-int(math.Floor(math.Log10(x)))))
}

func pValue(d Difference) string {
	switch {
	case math.IsNaN(d.PHolm):
		return "–"
	case d.PHolm < 0.0001:
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.2g", d.PHolm)
}

// wrap breaks a text into lines of at most 100 characters.
func wrap(first, next, text string) string {
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
