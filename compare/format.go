package compare

import (
	"fmt"
	"math"
)

// String writes the mean and the half-width of the interval with two significant digits of the latter: "7.31 ± 0.42";
// the mean alone where there is no interval, "–" where there is no value. What four decimals would make 0 is written
// as "2.8e-05 ± 1.1e-06": a loss, or a metric of the user's own, may be as small.
func (e Estimate) String() string {
	switch {
	case e.N == 0:
		return "–"
	case e.Mean != 0 && math.Abs(e.Mean) < smallest && !(e.HalfWidth >= smallest):
		text := fmt.Sprintf("%.2g", e.Mean)
		if !math.IsNaN(e.HalfWidth) {
			text += fmt.Sprintf(" ± %.2g", e.HalfWidth)
		}
		return text
	case math.IsNaN(e.HalfWidth):
		return plain(e.Mean, decimals(math.Abs(e.Mean)/10))
	}
	d := decimals(e.HalfWidth)
	switch {
	case e.HalfWidth == 0:
		d = decimals(math.Abs(e.Mean) / 10)
	case e.HalfWidth < smallest:
		d = min(twiceMost, 1-int(math.Floor(math.Log10(e.HalfWidth))))
	}
	return plain(e.Mean, d) + " ± " + plain(e.HalfWidth, d)
}

// Percent is String of 100 times the estimate, for fractions.
func (e Estimate) Percent() string { return e.Scaled(100).String() }

// Signed is String with a plus sign before a mean of 0 or more, for differences.
func (e Estimate) Signed() string {
	if e.N > 0 && e.Mean >= 0 {
		return "+" + e.String()
	}
	return e.String()
}

// Scaled returns the estimate in a unit that is 1/factor as large: Scaled(100) turns fractions into percentage points.
func (e Estimate) Scaled(factor float64) Estimate {
	e.Mean, e.HalfWidth = factor*e.Mean, factor*e.HalfWidth
	return e
}

// PText writes the corrected p: "p = 0.012", "p < 0.0001", "–" where there is no test.
func (d Difference) PText() string {
	switch {
	case math.IsNaN(d.PHolm):
		return "–"
	case d.PHolm < 0.0001:
		return "p < 0.0001"
	}
	return fmt.Sprintf("p = %.2g", d.PHolm)
}

// plain writes x with a number of decimals, "–" for NaN.
func plain(x float64, decimals int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, x)
}

// smallest is the number below which mostDecimals show 0. Half-widths below it get up to twiceMost.
const (
	mostDecimals = 4
	twiceMost    = 8
	smallest     = 0.5e-4
)

// decimals is the number of decimals that shows two significant digits of x, at most mostDecimals.
func decimals(x float64) int {
	if !(x > 0) {
		return 2
	}
	return min(mostDecimals, max(0, 1-int(math.Floor(math.Log10(x)))))
}
