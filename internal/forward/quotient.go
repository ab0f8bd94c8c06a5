package forward

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// quotient is the divisor that the reader has found. All terms share it.
func (r *reader) quotient(dtype dtypes.DType) (Divisor, error) {
	factor := 0.0
	for _, t := range r.terms {
		if !t.divided {
			return Divisor{}, errors.New("objective: the loss adds a mean over all rows to one that divides by a sum over the " +
				"batch, which no one number for a part of the batch can weigh: have both divide by the same, " +
				"or say with DividedBy what the loss divides by")
		}
		if factor == 0 {
			factor = math.Abs(t.factor)
		}
	}
	if !(factor > 0) {
		return Divisor{}, errors.New("objective: the loss is 0 divided by a sum over the batch: want a loss")
	}
	if !r.data.onlyData(r.divisor) {
		return Divisor{}, errors.New("objective: the loss divides by a quantity that depends on the weights: " +
			"have it divide by a sum over inputs and labels, or say with DividedBy what it divides by")
	}
	var sums []*graph.Node
	r.leaves(r.divisor, map[*graph.Node]bool{}, &sums)
	d := Divisor{read: r}
	r.summed = 0
	for _, s := range sums {
		if s.Type() != graph.NodeTypeReduceSum && s.Type() != graph.NodeTypeDotGeneral || s.Shape().Size() != 1 {
			return Divisor{}, fmt.Errorf("objective: the loss divides by a quantity that is no sum over the rows (%s of "+
				"shape %s): say with DividedBy what it divides by", s.Type(), s.Shape())
		}
		r.summed = max(r.summed, summedBy(s))
		if r.twins != nil && r.strict {
			if err := r.rowByRow(s); err != nil {
				return Divisor{}, err
			}
		}
		d.Sums = append(d.Sums, graph.ConvertDType(graph.Reshape(s), dtype))
	}
	if err := r.checkGuards(sums); err != nil {
		return Divisor{}, err
	}
	// The numerator's constant factor belongs to the sums: a mean over a mean of weights divides by their sum.
	scaled := func(x *graph.Node) *graph.Node {
		return graph.MulScalar(graph.ConvertDType(graph.Reshape(x), dtype), 1/factor)
	}
	d.Value = scaled(usable(r.divisor))
	d.Count = d.Value
	original := r.divisor
	d.at = func(at []*graph.Node) *graph.Node {
		put := map[*graph.Node]*graph.Node{}
		for i, s := range sums {
			put[s] = graph.Reshape(graph.ConvertDType(at[i], s.DType()), s.Shape().Dimensions...)
		}
		return r.guardedBy(scaled(r.rebuild(original, put)), sums, put)
	}
	d.form = func(t float64) (float64, bool) {
		given := map[*graph.Node]folded{}
		for _, s := range sums {
			given[s] = folded{t, true}
		}
		f, ok := fold(original, given)
		return f / factor, ok
	}
	return d, nil
}

// usable is d, and 1 where it is 0: a part in which nothing counts has a numerator all the same.
func usable(d *graph.Node) *graph.Node {
	return graph.Where(graph.Equal(d, graph.ZerosLike(d)), graph.OnesLike(d), d)
}

// part returns the loss of a part of a batch: divided by usable(d), without guards, and without R if that is wanted.
func (r *reader) part(loss *graph.Node, withRest bool) *graph.Node {
	put := map[*graph.Node]*graph.Node{}
	for _, t := range r.terms {
		put[t.sum] = t.sum // what is beneath stays
	}
	for _, n := range r.rest {
		put[n] = n
		if !withRest {
			put[n] = graph.ZerosLike(n)
		}
	}
	for _, n := range r.divisors {
		put[n] = usable(n)
	}
	for _, g := range r.guards {
		put[g.where] = r.rebuild(g.branch(), put)
	}
	return r.rebuild(loss, put)
}

// leaves collects the sums through which n depends on the batch.
func (r *reader) leaves(n *graph.Node, seen map[*graph.Node]bool, out *[]*graph.Node) {
	if seen[n] || !r.data.reaches(n) {
		return
	}
	seen[n] = true
	leaf := r.data.given(n)
	for _, in := range n.Inputs() {
		leaf = leaf || r.data.reaches(in) && r.hasRows(in)
	}
	if leaf {
		*out = append(*out, n)
		return
	}
	for _, in := range n.Inputs() {
		r.leaves(in, seen, out)
	}
}

// rebuild returns n with the nodes in put in the place of others.
func (r *reader) rebuild(n *graph.Node, put map[*graph.Node]*graph.Node) *graph.Node {
	if there, ok := put[n]; ok {
		return there
	}
	if !r.data.reaches(n) {
		return n
	}
	inputs, changed := make([]*graph.Node, len(n.Inputs())), false
	for i, in := range n.Inputs() {
		inputs[i] = r.rebuild(in, put)
		changed = changed || inputs[i] != in
	}
	put[n] = n
	if changed {
		put[n] = n.CloneWithInputs(inputs...)
	}
	return put[n]
}

// withoutRest returns the loss without what does not depend on the batch.
func (r *reader) withoutRest(loss *graph.Node) *graph.Node {
	put := map[*graph.Node]*graph.Node{}
	for _, n := range r.sums() {
		put[n] = n // what is beneath stays
	}
	for _, n := range r.rest {
		put[n] = graph.ZerosLike(n)
	}
	return r.rebuild(loss, put)
}

// restOf returns what does not depend on the batch.
func (r *reader) restOf(loss *graph.Node) *graph.Node {
	put := map[*graph.Node]*graph.Node{}
	for _, n := range r.sums() {
		put[n] = graph.ZerosLike(n)
	}
	return r.rebuild(loss, put)
}

// sums are the nodes that make up the part of the loss that depends on the batch: quotients, or plain sums.
func (r *reader) sums() []*graph.Node {
	nodes := slices.Clone(r.quotients)
	for _, t := range r.terms {
		if !t.divided {
			nodes = append(nodes, t.sum)
		}
	}
	return nodes
}

var nodeNumber = regexp.MustCompile(`#\d+`)

// same tells whether two nodes are the same quantity: the same operations on the same nodes.
func same(a, b *graph.Node) bool {
	return alike(a, b, func(a, b *graph.Node) bool {
		if len(a.Inputs()) == 0 {
			u, ok := constant(a)
			v, too := constant(b)
			return ok && too && u == v && a.Shape().Equal(b.Shape())
		}
		// The text of a node has all that the operation is told besides.
		return nodeNumber.ReplaceAllString(a.String(), "") == nodeNumber.ReplaceAllString(b.String(), "")
	})
}

// summedBy is the number of entries that a sum is over, also of one that is made in steps.
func summedBy(sum *graph.Node) int {
	n := sum
	for {
		switch n.Type() {
		case graph.NodeTypeReduceSum, graph.NodeTypeConvertDType, graph.NodeTypeReshape:
			n = n.Inputs()[0]
		default:
			return n.Shape().Size()
		}
	}
}
