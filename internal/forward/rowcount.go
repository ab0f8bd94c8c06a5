package forward

import (
	"errors"
	"math"
)

// sameForm fails where what a sum is divided by is not the same function of it for another number of rows.
func sameForm(d Divisor, part Value) error {
	other, err := part.Divisor()
	if err != nil || d.form == nil || other.form == nil {
		return err
	}
	for _, t := range []float64{0.3, 1, 2.5, 7, 1000} {
		x, ok := d.form(t)
		y, too := other.form(t)
		if ok && too && math.Abs(x-y) > 1e-2*math.Abs(x) {
			return errors.New("objective: what the loss divides by has a number in it that goes with the number of rows, so " +
				"that parts of a batch have another loss: say with DividedBy what it divides by, or divide by a sum over the rows")
		}
	}
	return nil
}

// isSum tells whether the constants in a loss are the same for any number of rows, as those of a sum, where none
// divides it by what depends on the batch, and it was not said to be one. It fails where some are, and others go with
// that number as those of a mean, and where a mean was said to be a sum.
func isSum(r, other *reader) (bool, error) {
	if len(other.terms) != len(r.terms) || r.divisor != nil {
		return false, nil
	}
	sums, means := 0, 0
	for i := range r.terms {
		x, y := r.terms[i].factor, other.terms[i].factor
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-2*math.Abs(a) }
		switch {
		case near(x, y):
			sums++
		case near(x*float64(r.twins.rows), y*float64(r.twins.others)):
			means++
		}
	}
	said := r.sum
	switch {
	case sums == len(r.terms) && sums > 0:
		return !said, nil
	case said:
		return false, errors.New("objective: the loss was said to be a sum over the rows of a batch (Sum), and is divided " +
			"by their number: leave Sum out, or return the sum")
	case means < len(r.terms):
		return false, errors.New("objective: the loss adds a sum over the rows of a batch to a mean over them, so that " +
			"parts of a batch have another loss: have both be means, or both sums (and say so with Sum)")
	}
	return false, nil
}
