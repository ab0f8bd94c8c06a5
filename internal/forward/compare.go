package forward

import (
	"errors"
	"fmt"

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
// Seen is 1 where there was a gradient to compare, or nothing could be compared, else 0. Slope is the norm of the
// gradient, and Rounding the share of the norm elsewhere below which rounding may be all that there is to compare.
type Verdict struct {
	Apart, AsSum, Seen, Slope *graph.Node
	Rounding                  float64
}

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
// In a graph for training how it is built is looked at as in training. The gradient is compared as in training too,
// unless numbers are drawn there, or batch norm has statistics of the rows: then as in evaluation.
func (o *Objective) Compare(scope *model.Scope, g *graph.Graph, few Batch, regularised bool,
	gradient func(loss *graph.Node) []*graph.Node) (Verdict, error) {
	if !scope.IsTraining(g) {
		c, err := o.compared(scope, g, few, false, regularised)
		if err != nil {
			return Verdict{}, err
		}
		return c.judge(gradient)
	}
	training, err := o.compared(scope, g, few, true, regularised)
	if err != nil {
		return Verdict{}, err
	}
	if v := training.countsRows(); v != nil {
		return Verdict{}, fmt.Errorf("objective: what the model writes to %s goes by the number of rows that it is built "+
			"for, which is that of a part of a batch: count batches, or count rows outside of the model", v.Path())
	}
	if !training.random && !training.normed {
		return training.verdict(gradient)
	}
	evaluation, err := o.compared(scope, g, few, false, regularised)
	if err != nil { // there may be no loss in evaluation
		training.random = true
		return training.judge(gradient)
	}
	evaluation.aligned = evaluation.aligned || training.aligned
	return evaluation.judge(gradient)
}

// judge compares the gradients, or takes what is built for enough where they cannot be compared.
func (c comparison) judge(gradient func(loss *graph.Node) []*graph.Node) (Verdict, error) {
	switch {
	case !c.random:
		return c.verdict(gradient)
	case c.sum:
		return Verdict{}, ErrSum
	case !c.aligned:
		return Verdict{}, errors.New("objective: the loss draws random numbers, and is built in another way for " +
			"another number of rows, so that it is not seen whether parts of a batch give it: say with " +
			"DividedBy or Sum what it divides by")
	}
	g := c.whole.Total.Graph()
	one, zero := graph.Scalar(g, dtypes.Float64, 1), graph.ScalarZero(g, dtypes.Float64)
	return Verdict{Apart: zero, AsSum: zero, Seen: one, Slope: zero}, nil
}

// comparison is the loss of a few rows, and those of its parts.
type comparison struct {
	whole   Value
	parts   []Value
	divisor Divisor // of the whole
	sum     bool    // its constants are those of a sum
	aligned bool    // it is built in the same way for any number of rows
	random  bool    // it draws random numbers
	normed  bool    // it has statistics of the rows in it, as batch norm has in training
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
	c.normed = hasBatchNorm(c.whole.Total)
	if o.divisor != nil { // what it divides by was said, and the loss may be hard to read
		c.normed = c.normed || training
		c.divisor, err = c.whole.read(r)
		return c, err
	}
	r.strict = true
	if c.divisor, err = c.whole.read(r); err != nil || !c.aligned {
		return c, err
	}
	c.normed = c.normed || r.excused
	other := c.parts[1].reader()
	if other.twins = c.parts[1].twins(); other.read(c.parts[1].Total, 1, false) == nil {
		c.sum, err = isSum(r, other)
	}
	if err == nil {
		err = sameForm(c.divisor, c.parts[1])
	}
	return c, err
}

// hasBatchNorm tells whether a loss is made of GoMLX's batch norm in training.
func hasBatchNorm(loss *graph.Node) bool {
	for n := range madeOf(loss) {
		if n.Type() == graph.NodeTypeBatchNormForTraining {
			return true
		}
	}
	return false
}

// countsRows returns a variable to which the model writes a number of rows; nil where there is none.
func (c comparison) countsRows() *model.Variable {
	if c.whole.Total == nil {
		return nil
	}
	data := c.whole.data()
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
