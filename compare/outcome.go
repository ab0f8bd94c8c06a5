package compare

import (
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// Outcome is what methods are compared by on images that the runs did not train on: the accuracy or, where the runs
// learnt a number and no class, the loss.
type Outcome struct {
	// Held names the images, "test" or "validation", and Quantity is "accuracy" or "loss".
	Held, Quantity string
	HigherIsBetter bool
	// Scale brings a value into the unit in which it is shown.
	Scale        float64
	unit, points string // of values and of differences; "" for none
	of           func(runlog.Summary) float64
	mean         func(*Row) Estimate
	difference   func(*Row) *Difference
	format       func(Estimate) string
}

// Outcome is the table's.
func (t *Table) Outcome() Outcome {
	if t.LossOnly() {
		return Outcome{
			Held: t.Held(), Quantity: "loss", Scale: 1, of: heldLoss, format: Estimate.String,
			mean:       func(r *Row) Estimate { return r.HeldLoss },
			difference: func(r *Row) *Difference { return r.LossDifference },
		}
	}
	return Outcome{
		Held: t.Held(), Quantity: "accuracy", HigherIsBetter: true, Scale: 100, unit: "%", points: "points",
		of:         Accuracy,
		format:     Estimate.Percent,
		mean:       (*Row).Accuracy,
		difference: func(r *Row) *Difference { return r.AccuracyDifference },
	}
}

// Name is "test accuracy", for instance.
func (o Outcome) Name() string { return o.Held + " " + o.Quantity }

// Title is the name with the unit: "test accuracy, %".
func (o Outcome) Title() string { return suffixed(o.Name(), ", ", o.unit) }

// DifferenceTitle is the title of differences from a baseline: "from sam, points".
func (o Outcome) DifferenceTitle(baseline string) string {
	return suffixed("from "+baseline, ", ", o.points)
}

// Text is the mean of a method.
func (o Outcome) Text(r *Row) string { return o.format(o.mean(r)) }

// RunText is the value of a run.
func (o Outcome) RunText(r runlog.Summary) string { return o.format(NewEstimate([]float64{o.of(r)})) }

// Difference is that of a method from the baseline, nil where there is none.
func (o Outcome) Difference(r *Row) *Difference { return o.difference(r) }

// DifferenceText is a difference with its unit: "+1.25 ± 0.80 points".
func (o Outcome) DifferenceText(d *Difference) string {
	return suffixed(d.Scaled(o.Scale).Signed(), " ", o.points)
}

func suffixed(text, separator, suffix string) string {
	return strings.TrimSuffix(text+separator+suffix, separator)
}
