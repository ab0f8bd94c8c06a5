package compare

// String writes the mean and the half-width of the interval with two significant digits of the latter, as the text table
// does: "7.31 ± 0.42"; the mean alone where there is no interval, "–" where there is no value.
func (e Estimate) String() string { return text(e) }

// Percent is String of 100 times the estimate, for fractions.
func (e Estimate) Percent() string { return percent(e) }

// Signed is String with a plus sign before a mean of 0 or more, for differences.
func (e Estimate) Signed() string { return signed(e) }

// Scaled returns the estimate in a unit that is 1/factor as large: Scaled(100) turns fractions into percentage points.
func (e Estimate) Scaled(factor float64) Estimate {
	e.Mean, e.HalfWidth = factor*e.Mean, factor*e.HalfWidth
	return e
}

// PText writes the corrected p as the text table does: "p = 0.012", "p < 0.0001", "–" where there is no test.
func (d Difference) PText() string { return pValue(d) }
