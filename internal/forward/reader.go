package forward

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// reader reads off a graph what a loss is divided by.
type reader struct {
	data       *dependence
	rows       int
	lossBegins graph.NodeId // nodes from here on are the loss function's
	divisor    *graph.Node  // nil while all terms are plain sums over the rows
	plain      bool         // there is such a term
	elements   int          // what these sums are over, 0 where it is not known, -1 where they differ
}

// terms goes down from a scalar to the sums over the batch that it is made of, through operations that are linear in
// them. below says that it is inside a quotient.
func (r *reader) terms(n *graph.Node, below bool) error {
	if !r.data.reaches(n) { // a regularisation, say, which no part of the batch changes
		if below && !isZero(n) {
			return errors.New("objective: the loss divides a number that does not depend on the batch by a sum over it, so " +
				"that parts of a batch have another loss: add what does not depend on the batch after the division")
		}
		return nil
	}
	in := n.Inputs()
	switch n.Type() {
	case graph.NodeTypeAdd, graph.NodeTypeSub:
		if err := r.terms(in[0], below); err != nil {
			return err
		}
		return r.terms(in[1], below)
	case graph.NodeTypeNeg, graph.NodeTypeIdentity, graph.NodeTypeReshape, graph.NodeTypeConvertDType:
		if in[0].Shape().Size() == 1 {
			return r.terms(in[0], below)
		}
	case graph.NodeTypeMul:
		for i := range 2 {
			if !r.data.reaches(in[1-i]) {
				return r.terms(in[i], below)
			}
			if one := in[1-i]; one.Type() == graph.NodeTypeDiv && !r.data.reaches(one.Inputs()[0]) { // sum · (1/count)
				return r.over(in[i], one.Inputs()[1], below)
			}
		}
	case graph.NodeTypeWhere: // Where(count > 0, sum/count, 0)
		if !r.guards(in[0]) {
			break
		}
		for i := range 2 {
			if other := in[2-i]; !r.data.reaches(other) && isZero(other) {
				return r.terms(in[1+i], below)
			}
		}
	case graph.NodeTypeDiv:
		if !r.data.reaches(in[1]) {
			return r.terms(in[0], below)
		}
		return r.over(in[0], in[1], below)
	case graph.NodeTypeReduceSum, graph.NodeTypeDotGeneral:
		if reduced := r.reducedBefore(in); reduced != nil {
			return fmt.Errorf("objective: the loss of a row depends on a number that is taken over the whole batch (%s), so "+
				"that parts of a batch have another loss: divide after the sum over the rows, or say with DividedBy what the "+
				"loss divides by", reduced.Type())
		}
		if !below {
			r.plain = true
			r.count(n, in[0])
		}
		return nil
	}
	return fmt.Errorf("objective: the loss is no sum over the rows of a batch but for what it divides by (%s of shape "+
		"%s): want one loss for each row, their mean, or their sum divided by a sum of weights; "+
		"or say with DividedBy what the loss divides by", n.Type(), n.Shape())
}

// guards tells whether a condition is one that a part of the batch decides as the whole does, but for a part in which
// nothing counts: it does not look at the batch, or compares something with 0.
func (r *reader) guards(condition *graph.Node) bool {
	if !r.data.reaches(condition) {
		return true
	}
	switch condition.Type() {
	case graph.NodeTypeGreaterThan, graph.NodeTypeLessThan, graph.NodeTypeEqual, graph.NodeTypeNotEqual:
		in := condition.Inputs()
		return r.data.onlyData(condition) && (isZero(in[0]) || isZero(in[1]))
	}
	return false
}

// count notes what a plain sum is over.
func (r *reader) count(sum, of *graph.Node) {
	elements := -1
	if sum.Type() == graph.NodeTypeReduceSum {
		elements = of.Shape().Size()
	}
	if r.elements != 0 && r.elements != elements {
		elements = -1
	}
	r.elements = elements
}

// over goes down from a quotient.
func (r *reader) over(numerator, divisor *graph.Node, below bool) error {
	if below || r.divisor != nil && r.divisor != divisor {
		return errors.New("objective: the loss is made of means that divide by different sums over the batch, which no one " +
			"number for a part of the batch can weigh: have the loss divide by one sum, or return one loss a row")
	}
	r.divisor = divisor
	return r.terms(numerator, true)
}

// reducedBefore returns what the loss function has taken over the rows of the batch and that comes into x; nil if there
// is none.
func (r *reader) reducedBefore(x []*graph.Node) *graph.Node {
	seen := map[*graph.Node]bool{}
	var find func(n *graph.Node) *graph.Node
	find = func(n *graph.Node) *graph.Node {
		if seen[n] || n.Id() < r.lossBegins || !r.data.reaches(n) {
			return nil
		}
		seen[n] = true
		for _, in := range n.Inputs() {
			if r.data.reaches(in) && r.overRows(n, in) {
				return n
			}
			if found := find(in); found != nil {
				return found
			}
		}
		return nil
	}
	for _, n := range x {
		if found := find(n); found != nil {
			return found
		}
	}
	return nil
}

// overRows tells whether n, made from in, has lost the rows of the batch: it is a scalar, or a reduction without them.
func (r *reader) overRows(n, in *graph.Node) bool {
	if n.Shape().IsScalar() {
		return in.Shape().Size() > 1
	}
	switch n.Type() {
	case graph.NodeTypeReduceSum, graph.NodeTypeReduceMax, graph.NodeTypeReduceMin, graph.NodeTypeReduceProduct:
		first := in.Shape().Dim(0)
		return r.rows > 1 && first%r.rows == 0 && n.Shape().Dim(0) != first
	}
	return false
}

// quotient is the divisor that terms has come across.
func (r *reader) quotient(dtype dtypes.DType) (Divisor, error) {
	if r.plain {
		return Divisor{}, errors.New("objective: the loss adds a mean over all rows to one that divides by a sum over the " +
			"batch, which no one number for a part of the batch can weigh: have both divide by the same, " +
			"or say with DividedBy what the loss divides by")
	}
	if r.data.onlyData(r.divisor) {
		var sums []*graph.Node
		r.leaves(r.divisor, map[*graph.Node]bool{}, &sums)
		d, original := Divisor{Value: graph.ConvertDType(r.divisor, dtype)}, r.divisor
		for _, s := range sums {
			if s.Type() != graph.NodeTypeReduceSum && s.Type() != graph.NodeTypeDotGeneral {
				return Divisor{}, fmt.Errorf("objective: the loss divides by a quantity that is no sum over the rows (%s of "+
					"shape %s): say with DividedBy what it divides by", s.Type(), s.Shape())
			}
			d.Sums = append(d.Sums, graph.ConvertDType(s, dtype))
		}
		d.at = func(at []*graph.Node) *graph.Node {
			put := map[*graph.Node]*graph.Node{}
			for i, s := range sums {
				put[s] = graph.ConvertDType(at[i], s.DType())
			}
			return graph.ConvertDType(r.rebuild(original, put), dtype)
		}
		return d, nil
	}
	return Divisor{}, errors.New("objective: the loss divides by a quantity that depends on the weights: " +
		"have it divide by a sum over inputs and labels, or say with DividedBy what it divides by")
}

// leaves collects the scalars at which the batch comes into n.
func (r *reader) leaves(n *graph.Node, seen map[*graph.Node]bool, out *[]*graph.Node) {
	if seen[n] || !r.data.reaches(n) {
		return
	}
	seen[n] = true
	leaf := n.Type() == graph.NodeTypeReduceSum || n.Type() == graph.NodeTypeDotGeneral || len(n.Inputs()) == 0
	for _, in := range n.Inputs() {
		leaf = leaf || r.data.reaches(in) && in.Shape().Size() > 1
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
	inputs := make([]*graph.Node, len(n.Inputs()))
	for i, in := range n.Inputs() {
		inputs[i] = r.rebuild(in, put)
	}
	put[n] = n.CloneWithInputs(inputs...)
	return put[n]
}

// isZero tells whether n is the constant 0.
func isZero(n *graph.Node) bool {
	for n.Type() == graph.NodeTypeReshape || n.Type() == graph.NodeTypeBroadcastInDim ||
		n.Type() == graph.NodeTypeConvertDType {
		n = n.Inputs()[0]
	}
	value := n.ConstantValue()
	return value != nil && value.Shape().Size() == 1 && fmt.Sprint(value.Value()) == "0"
}
