package forward

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Whether the loss of a batch is made of those of its parts is looked at twice, on a few rows. How it is built tells
// where the rows are, and whether anything is taken over them or compares them (reader). And its gradient is compared
// with the one put together from two parts, the first row and the others. Where a model draws random numbers, the
// second cannot be done.

// Verdict is what Compare has found, in the graph: Apart is how far the loss of a few rows and its gradient are from
// those put together from two parts, and AsSum from the sum of the two, in units of what rounding may do. Seen is 1
// where there was a gradient to compare, or nothing could be compared, else 0.
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
// is that of a loss where the weights are now. regularised says whether what train.AddRegularizationLoss adds counts.
//
// The model is built as in evaluation, where nothing is dropped and batch norm looks at no batch. In a graph for training
// it is built as in training where it then has terms that it lacks in evaluation.
func (o *Objective) Compare(scope *model.Scope, g *graph.Graph, few Batch, regularised bool,
	gradient func(loss *graph.Node) []*graph.Node) (Verdict, error) {
	c, err := o.compared(scope, g, few, false, regularised)
	if scope.IsTraining(g) {
		training, trainingErr := o.compared(scope, g, few, true, regularised)
		if c.whole.Total == nil || training.terms > c.terms {
			c, err = training, trainingErr
		}
	}
	if err != nil {
		return Verdict{}, err
	}
	if c.random {
		if !c.aligned {
			return Verdict{}, errors.New("objective: the loss draws random numbers, in evaluation too, and is built in another " +
				"way for another number of rows, so that it is not seen whether parts of a batch give it: say with DividedBy " +
				"or Sum what it divides by")
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
	aligned bool    // it is built in the same way for any number of rows
	random  bool    // it draws random numbers
}

// compared builds them as in training or in evaluation; without a whole where there is no loss.
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
		err = o.isMean(c.divisor, c.parts[1], r.twins)
	}
	return c, err
}

// ErrSum says that a loss is a sum over the rows, and was not said to be one.
var ErrSum = errors.New("objective: the loss is a sum over the rows of a batch: say so with objective.New(...).Sum(), " +
	"or have it return a mean")

// isMean fails where the constants in a loss do not go with the number of rows as those of a mean do.
func (o *Objective) isMean(d Divisor, part Value, t *twins) error {
	other, err := part.Divisor()
	if err != nil || len(other.Sums) != len(d.Sums) {
		return err
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
		return ErrSum
	case means < len(d.Sums):
		return errors.New("objective: the loss adds a sum over the rows of a batch to a mean over them, so that parts of a " +
			"batch have another loss: have both be means, or both sums (and say so with Sum)")
	}
	return nil
}

// slice returns the rows from start to end of a batch of so many.
func (o *Objective) slice(b Batch, rows, start, end int) Batch {
	return o.each(b, func(x *graph.Node) *graph.Node { // n of x for each row
		n := x.Shape().Dim(0) / rows
		return graph.Slice(x, graph.AxisRange(start*n, end*n))
	})
}

// each returns the batch with f of everything in it that has rows.
func (o *Objective) each(batch Batch, f func(*graph.Node) *graph.Node) Batch {
	out := Batch{Spec: batch.Spec}
	for i, x := range batch.Inputs {
		if !o.Shares(i) {
			x = f(x)
		}
		out.Inputs = append(out.Inputs, x)
	}
	for i, x := range batch.Labels {
		if !o.SharesLabel(i) {
			x = f(x)
		}
		out.Labels = append(out.Labels, x)
	}
	return out
}

// Some returns at most n rows of a batch, from all over it, and at least CompareRows: some are taken twice where there
// are fewer.
func (o *Objective) Some(b Batch, n int) (Batch, error) {
	rows, err := Rows(o, b.Inputs, b.Labels)
	if err != nil {
		return Batch{}, err
	}
	return o.each(b, func(x *graph.Node) *graph.Node {
		size := x.Shape().Dim(0) / rows
		var list []*graph.Node
		for _, i := range Spread(rows, n) {
			list = append(list, graph.Slice(x, graph.AxisRange(i*size, (i+1)*size)))
		}
		return graph.Concatenate(list, 0)
	}), nil
}

// Spread returns the numbers of at most n of so many rows, from all over them, and at least CompareRows.
func Spread(rows, n int) []int {
	list := make([]int, max(CompareRows, min(rows, n)))
	for i := range list {
		list[i] = i * rows / len(list)
	}
	return list
}
