package forward

import (
	"errors"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Divisor is what the loss of a batch is divided by: the number of its rows for a mean over them, the number of rows
// that count for a masked one, the sum of the weights for a weighted one. Batches that are parts of a larger one put
// its loss together with it,
//
//	L = Σᵢ dᵢ·Lᵢ / f(Σᵢ sᵢ)    sᵢ the sums of part i, dᵢ = f(sᵢ)
//
// where f is mostly s itself, and max(s, 1) where a loss guards itself against an empty mask.
type Divisor struct {
	Value *graph.Node   // d, a scalar
	Sums  []*graph.Node // s, scalars of the same type, which add up over parts; none where the loss divides by nothing
	Plain bool          // the loss is a mean over rows, or over all that is in them: d is the same for batches of a shape
	at    func(sums []*graph.Node) *graph.Node
}

// At is f: the divisor of a batch whose sums are given.
func (d Divisor) At(sums []*graph.Node) *graph.Node { return d.at(sums) }

// Counted returns x, and 0 for a part in which nothing counts, d = 0: its loss may be 0/0.
func (d Divisor) Counted(x *graph.Node) *graph.Node {
	nothing := graph.Equal(d.Value, graph.ZerosLike(d.Value))
	return graph.Where(nothing, graph.ZerosLike(x), x)
}

// Times returns d·x, counted.
func (d Divisor) Times(x *graph.Node) *graph.Node {
	return d.Counted(graph.Mul(graph.ConvertDType(d.Value, x.DType()), x))
}

// Divisor returns what the loss is divided by.
//
// What the objective was told (DividedBy, Sum) is taken. Else it is read off the graph: a loss is a sum of terms, each
// a constant times a sum over the rows, or all of them such sums divided by one quantity that depends on the batch's
// inputs and labels alone. It fails for other losses, whose parts cannot be put together like that.
func (v Value) Divisor() (Divisor, error) {
	o, batch := v.objective, v.batch
	rows, err := Rows(o, batch.Inputs, batch.Labels)
	if err != nil {
		return Divisor{}, err
	}
	g, dtype := v.Total.Graph(), wide(v.Total.DType())
	switch {
	case o.sum:
		one := graph.Scalar(g, dtype, 1)
		return Divisor{Value: one, at: func([]*graph.Node) *graph.Node { return one }}, nil
	case o.divisor != nil:
		d := o.divisor(batch.Labels, v.Predictions)
		if d == nil || !d.Shape().IsScalar() {
			return Divisor{}, errors.New("objective: the function of DividedBy did not return a scalar: " +
				"want the number, or the sum of the weights, that the loss divides by")
		}
		return additive(graph.ConvertDType(d, dtype)), nil
	}
	r := reader{data: newDependence(slices.Concat(batch.Inputs, batch.Labels)),
		rows: rows, lossBegins: v.lossBegins}
	if err := r.terms(v.Total, false); err != nil {
		return Divisor{}, err
	}
	if r.divisor == nil {
		if r.elements > 0 {
			rows = r.elements
		}
		d := additive(graph.Scalar(g, dtype, float64(rows)))
		d.Plain = true
		return d, nil
	}
	return r.quotient(dtype)
}

// additive is a divisor that is itself a sum over the parts.
func additive(d *graph.Node) Divisor {
	return Divisor{Value: d, Sums: []*graph.Node{d}, at: func(sums []*graph.Node) *graph.Node { return sums[0] }}
}

// wide is the type in which sums over a batch are kept.
func wide(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Float64 {
		return dtype
	}
	return dtypes.Float32
}
