package forward

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Parts returns the loss of a batch, and the loss put together from those of its two halves by what they divide by. A
// batch of one row is taken twice, of an odd number the last is left out. The two differ for losses that compare
// rows, for sums that are not declared as such (Sum), and for inputs that are not one row for each example. The model
// is built as in evaluation. ok is false where the loss draws random numbers even then, and cannot be compared. of is
// the loss that is looked at, Total or Main.
func (o *Objective) Parts(scope *model.Scope, g *graph.Graph, batch Batch, of func(Value) *graph.Node) (
	whole, joined *graph.Node, ok bool, err error) {
	rows, err := Rows(o, batch.Inputs, batch.Labels)
	if err != nil {
		return nil, nil, false, err
	}
	halves := []Batch{batch, batch}
	if rows == 1 {
		batch = o.each(batch, func(x *graph.Node) *graph.Node { return graph.Concatenate([]*graph.Node{x, x}, 0) })
	} else {
		half, all := rows/2, batch
		for i := range halves {
			halves[i] = o.each(all, func(x *graph.Node) *graph.Node { // n of x for each row
				n := x.Shape().Dim(0) / rows
				return graph.Slice(x, graph.AxisRange(i*half*n, (i+1)*half*n))
			})
		}
		batch = o.each(all, func(x *graph.Node) *graph.Node {
			return graph.Slice(x, graph.AxisRange(0, 2*half*(x.Shape().Dim(0)/rows)))
		})
	}
	whole = of(o.EvaluateInference(scope, g, batch))
	if random := RandomState(scope.Store()); random != nil && random.InUseByGraph(g) {
		if newDependence([]*graph.Node{g.GetParameterByName(random.Path())}).reaches(whole) {
			return nil, nil, false, nil
		}
	}
	var sums []*graph.Node
	var f Divisor
	for _, half := range halves {
		value := o.EvaluateInference(scope, g, half)
		if f, err = value.Divisor(); err != nil {
			return nil, nil, false, err
		}
		numerator := f.Times(graph.ConvertDType(of(value), f.Value.DType()))
		if joined == nil {
			joined, sums = numerator, f.Sums
			continue
		}
		joined = graph.Add(joined, numerator)
		for i := range sums {
			sums[i] = graph.Add(sums[i], f.Sums[i])
		}
	}
	return graph.ConvertDType(whole, joined.DType()), graph.Div(joined, f.At(sums)), true, nil
}

// Relation is what the two losses of Parts say of each other.
type Relation int

const (
	// Joins says that the loss of a batch is made of those of its parts.
	Joins Relation = iota
	// IsSum says that it is twice that: a sum over the rows where a mean was taken for granted.
	IsSum
	// Differs says that it is something else.
	Differs
)

// partsTolerance is how far the loss of a batch may be from that of its halves, relative to the larger. Rounding is
// below it, that of activations in half precision too; a loss that compares rows, or a sum, is far above.
const partsTolerance = 5e-3

// Relate compares what Parts has found. A whole that is not finite is the business of others: it joins.
func Relate(whole, joined float64) Relation {
	size := partsTolerance * max(math.Abs(whole), math.Abs(joined))
	switch {
	case math.IsNaN(whole-whole) || math.Abs(whole-joined) <= size:
		return Joins
	case math.Abs(whole-2*joined) <= size:
		return IsSum
	default:
		return Differs
	}
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
	for _, x := range batch.Labels {
		out.Labels = append(out.Labels, f(x))
	}
	return out
}
