package forward

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Whether the loss of a batch is made of those of its parts is checked twice, on a few rows. First its graph shows
// where the rows are, and whether anything is taken over them or compares them (reader). Then its gradient is compared
// with the one put together from two parts, the first row and the others. Where a model draws random numbers the second
// check is left out.

// Verdict is the result of Compare, as nodes of the graph. Apart is how far the loss of a few rows and its gradient are
// from those put together from two parts, AsSum how far from the sum of the two, both in units of what rounding may do.
// Seen is 1 where there was a gradient to compare, or nothing could be compared, else 0.
type Verdict struct{ Apart, AsSum, Seen *graph.Node }

// Relation is what a verdict's numbers say.
type Relation int

const (
	// Joins says that the loss of a batch is made of those of its parts.
	Joins Relation = iota
	// IsSum says that it is their sum: a sum over the rows where a mean was taken for granted.
	IsSum
	// Differs says that it is something else.
	Differs
	// Unseen says that nothing can be said: there is no gradient.
	Unseen
)

// Relate says what Apart, AsSum and Seen mean.
func Relate(apart, asSum, seen float64) Relation {
	switch {
	case seen == 0:
		return Unseen
	case apart <= 1:
		return Joins
	case asSum <= 1:
		return IsSum
	default:
		return Differs
	}
}

// CompareRows is the least number of rows that Compare wants.
const CompareRows = 3

// Compare compares the loss of a few rows with that of its parts. The error says what cannot be put together. gradient
// returns the gradient of a loss at the current weights. regularised says whether losses from
// train.AddRegularizationLoss count.
//
// The model is built as in evaluation, where nothing is dropped and batch norm looks at no batch. In a graph for
// training it is built as in training if it has terms there that it lacks in evaluation.
func (o *Objective) Compare(scope *model.Scope, g *graph.Graph, few Batch, regularised bool,
	gradient func(loss *graph.Node) []*graph.Node) (Verdict, error) {
	c, err := o.compared(scope, g, few, false, regularised)
	if scope.IsTraining(g) {
		training, trainingErr := o.compared(scope, g, few, true, regularised)
		if v := training.countsRows(); v != nil {
			return Verdict{}, fmt.Errorf("objective: what the model writes to %s goes by the number of rows that it is built "+
				"for, which is that of a part of a batch: count batches, or count rows outside of the model", v.Path())
		}
		if c.whole.Total == nil || training.terms > c.terms {
			c, err = training, trainingErr
		}
	}
	if err != nil {
		return Verdict{}, err
	}
	if c.random {
		switch {
		case c.sum:
			return Verdict{}, ErrSum
		case !c.aligned:
			return Verdict{}, errors.New("objective: the loss draws random numbers, in evaluation too, and is built in " +
				"another way for another number of rows, so that it is not seen whether parts of a batch give it: say with " +
				"DividedBy or Sum what it divides by")
		}
		one := graph.Scalar(g, dtypes.Float64, 1)
		zero := graph.ScalarZero(g, dtypes.Float64)
		return Verdict{Apart: zero, AsSum: zero, Seen: one}, nil
	}
	return c.verdict(gradient)
}

// comparison is the loss of a few rows, and those of its parts.
type comparison struct {
	whole   Value
	parts   []Value
	divisor Divisor // of the whole
	terms   int     // sums over the rows that the loss has
	sum     bool    // its constants are those of a sum
	aligned bool    // it is built in the same way for any number of rows
	random  bool    // it draws random numbers
}

// compared builds the losses as in training or in evaluation; whole is missing where there is no loss.
func (o *Objective) compared(scope *model.Scope, g *graph.Graph, few Batch, training, regularised bool) (
	c comparison, err error) {
	rows, err := Rows(o, few.Inputs, few.Labels)
	if err != nil {
		return c, err
	}
	build := func(b Batch) Value {
		v := o.evaluateAs(training, scope, g, b)
		if !regularised {
			return v.OnlyMain()
		}
		return v
	}
	// A model may have no loss in evaluation, or not be made for any number of rows.
	if failed := exceptions.TryCatch[error](func() {
		c.parts = []Value{build(o.slice(few, rows, 0, 1)), build(o.slice(few, rows, 1, rows))}
		c.whole = build(few)
	}); failed != nil {
		c.whole = Value{}
		return c, fmt.Errorf("objective: the model cannot be built for parts of a batch (1 and %d rows): %w", rows-1, failed)
	}
	if random := RandomState(scope.Store()); random != nil && random.InUseByGraph(g) {
		c.random = newDependence([]*graph.Node{g.GetParameterByName(random.Path())}).reaches(c.whole.Total)
	}
	r := c.whole.reader()
	if t := newTwins(c.whole, c.parts[1]); t.complete {
		r.twins, c.aligned = t, true
	}
	if o.divisor != nil {
		c.divisor, err = c.whole.read(r)
		return c, err
	}
	if r.read(c.whole.Total, 1, false) == nil {
		c.terms = len(r.terms)
	}
	*r = reader{data: r.data, twins: r.twins, strict: true}
	if c.divisor, err = c.whole.read(r); err != nil {
		return c, err
	}
	if c.aligned && c.divisor.Plain {
		c.sum, err = isSum(c.divisor, c.parts[1], r.twins)
	}
	return c, err
}

// countsRows returns a variable to which the model writes a number of rows; nil where there is none.
func (c comparison) countsRows() *model.Variable {
	if c.whole.Total == nil {
		return nil
	}
	data := newDependence(slices.Concat(c.whole.batch.Inputs, c.whole.batch.Labels))
	for v, value := range c.whole.wrote {
		if other := c.parts[1].wrote[v]; other != nil && !data.reaches(value) && !sameConstants(value, other) {
			return v
		}
	}
	return nil
}

// ErrSum says that a loss is a sum over the rows, and was not said to be one.
var ErrSum = errors.New("objective: the loss is a sum over the rows of a batch: say so with " +
	"objective.New(...).Sum(), or have it return a mean")

// isSum tells whether a loss whose divisors do not depend on the batch is a sum over the rows: its constants are then
// the same for any number of rows. It fails where some are, and others change with that number as those of a mean do.
func isSum(d Divisor, part Value, t *twins) (bool, error) {
	other, err := part.Divisor()
	if err != nil || len(other.Sums) != len(d.Sums) {
		return false, err
	}
	sums, means := 0, 0
	for i := range d.Sums {
		x, ok := constant(d.Sums[i])
		y, too := constant(other.Sums[i])
		switch near := func(a, b float64) bool { return ok && too && a-b < 1e-5*a && b-a < 1e-5*a }; {
		case near(x, y):
			sums++
		case near(x*float64(t.others), y*float64(t.rows)):
			means++
		}
	}
	switch {
	case sums == len(d.Sums):
		return true, nil
	case means < len(d.Sums):
		return false, errors.New("objective: the loss adds a sum over the rows of a batch to a mean over them, so that " +
			"parts of a batch have another loss: have both be means, or both sums (and say so with Sum)")
	}
	return false, nil
}
