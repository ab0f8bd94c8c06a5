package forward

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// Divisor is what the loss of a batch is divided by: the number of its rows for a mean over them, the number of rows
// that count for a masked one, the sum of the weights for a weighted one. Batches that are parts of a larger one put
// its loss together with it,
//
//	L = Σᵢ dᵢ·(Lᵢ − R) / f(Σᵢ sᵢ) + R    sᵢ the sums of part i, dᵢ = f(sᵢ), R what does not depend on the batch
//
// where f is mostly s itself, and max(s, 1) where a loss guards itself against an empty mask. A part with f(sᵢ) = 0 has
// dᵢ = 1, and for Lᵢ the sum that would be divided.
type Divisor struct {
	Value *graph.Node   // d, a scalar
	Sums  []*graph.Node // s, scalars of the same type, which add up over parts; none where the loss divides by nothing
	Count *graph.Node   // the number of examples: rows, or those that a mask leaves, or the sum of their weights; of a
	// mask of T parts of each, such as tokens, a T-th of what it leaves
	Plain bool        // the loss is a mean over rows, or over all that is in them: d is the same for batches of a shape
	Rest  *graph.Node // R where Σᵢ dᵢ is not f(Σᵢ sᵢ), so that it counts apart; else nil

	at   func(sums []*graph.Node) *graph.Node
	form func(sum float64) (float64, bool) // f, if it can be seen without the graph
	read *reader                           // nil where the loss is divided by nothing that depends on the batch
}

// At is f: the divisor of a batch whose sums are given.
func (d Divisor) At(sums []*graph.Node) *graph.Node { return d.at(sums) }

// Part returns the loss of a part of a batch, or what it adds to the loss (Main, Extra), without R. A part in which
// nothing counts, d = 0, has the sum that it would divide: Value is 1 then.
func (d Divisor) Part(loss *graph.Node) *graph.Node {
	if d.read == nil {
		return loss
	}
	return d.read.part(loss, false)
}

// PartAndRest is Part with R.
func (d Divisor) PartAndRest(loss *graph.Node) *graph.Node {
	if d.read == nil {
		return loss
	}
	return d.read.part(loss, true)
}

// whole returns the loss of a batch without R.
func (d Divisor) whole(loss *graph.Node) *graph.Node {
	if d.Rest == nil {
		return loss
	}
	return d.read.withoutRest(loss)
}

// Times returns d·x, and 0 where d is: the loss may be 0/0 then.
func (d Divisor) Times(x *graph.Node) *graph.Node {
	product := graph.Mul(graph.ConvertDType(d.Value, x.DType()), x)
	return graph.Where(graph.Equal(d.Value, graph.ZerosLike(d.Value)), graph.ZerosLike(x), product)
}

// Divisor returns what the loss is divided by.
//
// A declaration of the objective (DividedBy, Sum) decides. Without one the divisor is read off the graph. The loss must
// be a sum of terms, each a constant times a sum over the rows, or all of them such sums divided by one quantity that
// depends on the batch's inputs and labels alone. It fails for other losses, whose parts cannot be put together.
func (v Value) Divisor() (Divisor, error) {
	r := v.reader()
	r.twins = v.twins()
	return v.read(r)
}

// read is Divisor with a reader.
func (v Value) read(r *reader) (Divisor, error) {
	o, batch := v.objective, v.batch
	rows, err := Rows(o, batch.Inputs, batch.Labels)
	if err != nil {
		return Divisor{}, err
	}
	g, dtype := v.Total.Graph(), wide(v.Total.DType())
	count := graph.Scalar(g, dtype, float64(rows))
	var d Divisor
	switch {
	case o.sum:
		one := graph.Scalar(g, dtype, 1)
		d = Divisor{Value: one, Count: count, at: func([]*graph.Node) *graph.Node { return one }}
	case o.divisor != nil:
		r.divisor, r.terms = v.given, []term{{divided: true, factor: 1}}
		given := graph.ConvertDType(v.given, dtype)
		if d, err := r.quotient(dtype); err == nil && r.data.reaches(v.given) { // max(n, 1), say
			d.read, d.Value = nil, given
			return d, nil
		}
		return additive(given), nil
	}
	if err := r.read(v.Total, 1, false); err != nil {
		return Divisor{}, err
	}
	switch {
	case o.sum:
	case r.divisor == nil:
		return r.mean(count), nil
	default:
		if d, err = r.quotient(dtype); err != nil {
			return Divisor{}, err
		}
		if parts := r.summed / rows; parts > 1 {
			d.Count = graph.DivScalar(d.Count, float64(parts))
		}
	}
	if len(r.rest) > 0 {
		d.read, d.Rest = r, r.restOf(v.Total)
	}
	return d, nil
}

// mean is the divisor of a loss that divides by constants alone. There is a sum for each term. Parts of different
// shapes may have different sums, and belong together only if these are in proportion.
func (r *reader) mean(count *graph.Node) Divisor {
	d := Divisor{Plain: true, Count: count, at: func(sums []*graph.Node) *graph.Node { return sums[0] }}
	for _, t := range r.terms {
		if t.factor != 0 {
			d.Sums = append(d.Sums, graph.Scalar(count.Graph(), count.DType(), 1/math.Abs(t.factor)))
		}
	}
	if len(d.Sums) == 0 { // the loss does not depend on the batch
		d.Sums = []*graph.Node{count}
	}
	d.Value = d.Sums[0]
	return d
}

// additive is a divisor that is itself a sum over the parts.
func additive(d *graph.Node) Divisor {
	return Divisor{Value: d, Sums: []*graph.Node{d}, Count: d,
		at: func(sums []*graph.Node) *graph.Node { return sums[0] }}
}

// wide is the type in which sums over a batch are kept.
func wide(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Float64 {
		return dtype
	}
	return dtypes.Float32
}
