package forward

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// reader reads off a graph which sums over the rows of a batch a loss is made of,
//
//	L = Σⱼ cⱼ·Sⱼ/d + R    Sⱼ a sum over the rows, R what does not depend on the batch
//
// and what d is: nothing, or one quantity that depends on the batch too.
type reader struct {
	data    *dependence
	twins   *twins      // where rows are; nil: not known, and assumed everywhere but in single numbers
	sum     bool        // the loss was said to be a sum
	strict  bool        // what is summed up must be made row by row
	divisor *graph.Node // nil while no term has one
	summed  int         // the number of entries that its largest sum is over

	terms     []term
	quotients []*graph.Node // the terms that are divided
	divisors  []*graph.Node // what by, each the same quantity
	guards    []guard       // around them
	rest      []*graph.Node // of which R is made

	written map[*model.Variable]*graph.Node // by the model, in the same pass
	excused bool                            // some of that are statistics of the batch, and the loss uses them
}

func (v Value) reader() *reader {
	return &reader{data: v.data(), written: v.wrote, sum: v.objective.sum}
}

// data are the rows of the batch; what it shares, and variables that are not trained, are held.
func (v Value) data() *dependence {
	var rows, held []*graph.Node
	for i, x := range v.batch.Inputs {
		if v.objective.Shares(i) {
			held = append(held, x)
		} else {
			rows = append(rows, x)
		}
	}
	for i, x := range v.batch.Labels {
		if v.objective.SharesLabel(i) {
			held = append(held, x)
		} else {
			rows = append(rows, x)
		}
	}
	g := v.Total.Graph()
	for variable := range v.scope.Store().IterVariables() {
		if _, written := v.wrote[variable]; !variable.Trainable && !written && variable.InUseByGraph(g) {
			held = append(held, g.GetParameterByName(variable.Path()))
		}
	}
	return newDependence(rows, held...)
}

// term is a constant times a sum over the rows.
type term struct {
	sum     *graph.Node
	factor  float64
	divided bool
}

// read goes down from a number to the sums over the rows, through operations that are linear in them. factor is that of
// n in the loss; divided says that n is inside a quotient.
func (r *reader) read(n *graph.Node, factor float64, divided bool) error {
	if !r.data.reaches(n) { // a regularisation, say
		if isZero(n) {
			return nil
		}
		if divided {
			return errors.New("objective: the loss divides a number that does not depend on the batch by a sum over it, so " +
				"that parts of a batch have another loss: add what does not depend on the batch after the division")
		}
		r.rest = append(r.rest, n)
		return nil
	}
	in := n.Inputs()
	switch n.Type() {
	case graph.NodeTypeAdd, graph.NodeTypeSub:
		second := factor
		if n.Type() == graph.NodeTypeSub {
			second = -factor
		}
		if r.hasRows(n) {
			break
		}
		if err := r.read(in[0], factor, divided); err != nil {
			return err
		}
		return r.read(in[1], second, divided)
	case graph.NodeTypeNeg:
		if !r.hasRows(n) {
			return r.read(in[0], -factor, divided)
		}
	case graph.NodeTypeIdentity, graph.NodeTypeReshape, graph.NodeTypeConvertDType, graph.NodeTypeBroadcastInDim,
		graph.NodeTypeTranspose, graph.NodeTypeSlice:
		if !r.hasRows(in[0]) {
			return r.read(in[0], factor, divided)
		}
	case graph.NodeTypeConcatenate:
		if r.hasRows(n) {
			break
		}
		for _, x := range in {
			if err := r.read(x, factor, divided); err != nil {
				return err
			}
		}
		return nil
	case graph.NodeTypeMul:
		if r.hasRows(n) {
			break
		}
		for i := range 2 {
			if !r.data.reaches(in[1-i]) {
				return r.read(in[i], factor*known(in[1-i]), divided)
			}
			if one := in[1-i]; one.Type() == graph.NodeTypeDiv && !r.data.reaches(one.Inputs()[0]) { // sum · (1/count)
				return r.over(n, in[i], one.Inputs()[1], factor*known(one.Inputs()[0]), divided)
			}
		}
	case graph.NodeTypeWhere: // Where(count > 0, sum/count, 0)
		if r.hasRows(n) {
			break
		}
		for i := range 2 {
			if other := in[2-i]; !r.data.reaches(other) && isZero(other) {
				return r.guarded(n, i == 0, factor, divided)
			}
		}
	case graph.NodeTypeDiv:
		if r.hasRows(n) {
			break
		}
		if !r.data.reaches(in[1]) {
			return r.read(in[0], factor/known(in[1]), divided)
		}
		return r.over(n, in[0], in[1], factor, divided)
	case graph.NodeTypeReduceSum:
		if !r.hasRows(in[0]) {
			return r.read(in[0], factor, divided)
		}
		return r.found(n, factor, divided)
	case graph.NodeTypeDotGeneral:
		for i := range 2 {
			if !r.hasRows(in[0]) && !r.hasRows(in[1]) && !r.data.reaches(in[1-i]) {
				return r.read(in[i], factor, divided)
			}
		}
		if r.hasRows(in[0]) || r.hasRows(in[1]) {
			return r.found(n, factor, divided)
		}
	}
	return fmt.Errorf("objective: the loss is no sum over the rows of a batch but for what it divides by (%s of shape "+
		"%s): want one loss for each row, their mean, or their sum divided by a sum of weights; "+
		"or say with DividedBy what the loss divides by", n.Type(), n.Shape())
}

// found notes a sum over the rows. Where it is known which nodes have rows, it fails for a sum that still has them and,
// if strict, for what is not made row by row.
func (r *reader) found(sum *graph.Node, factor float64, divided bool) error {
	if r.twins != nil {
		if r.hasRows(sum) {
			return fmt.Errorf("objective: the loss has the rows of a batch still in it (%s of shape %s) where they should "+
				"have been summed up: want one loss for each row, or their mean", sum.Type(), sum.Shape())
		}
		if r.strict {
			if err := r.rowByRow(sum); err != nil {
				return err
			}
		}
	}
	r.terms = append(r.terms, term{sum, factor, divided})
	return nil
}

// rowByRow fails where what is summed up depends on other rows. Excused are statistics of the batch of which the model
// keeps running averages: batch norm in training.
func (r *reader) rowByRow(sum *graph.Node) error {
	between := r.twins.between(sum.Inputs(), r.data, func(n *graph.Node) bool {
		of := newDependence([]*graph.Node{n})
		for _, value := range r.written {
			if of.reaches(value) {
				r.excused = true
				return true
			}
		}
		return false
	})
	if between == nil {
		return nil
	}
	how := "is taken over the whole batch"
	if e, _ := r.twins.extent(between); e != noRows {
		how = "compares the rows of a batch"
	}
	return fmt.Errorf("objective: the loss of a row depends on something that %s (%s of shape %s), so that parts of a "+
		"batch have another loss: divide after the sum over the rows, say with DividedBy what the loss divides by, or with "+
		"Shared and SharedLabels what is not one row for each example", how, between.Type(), between.Shape())
}

// hasRows tells whether n has the rows of the batch in it.
func (r *reader) hasRows(n *graph.Node) bool {
	if r.twins != nil {
		switch e, _ := r.twins.extent(n); e {
		case noRows:
			return false
		case perRow, otherwise:
			return true
		}
	}
	return n.Shape().Size() > 1
}

// known is what a factor that does not depend on the batch is, 1 where it is no constant.
func known(n *graph.Node) float64 {
	if x, ok := constant(n); ok {
		return x
	}
	return 1
}

// over goes down from a quotient.
func (r *reader) over(quotient, numerator, divisor *graph.Node, factor float64, divided bool) error {
	switch {
	case divided || r.divisor != nil && !same(r.divisor, divisor):
		return errors.New("objective: the loss is made of means that divide by different sums over the batch, which no one " +
			"number for a part of the batch can weigh: have the loss divide by one sum, or return one loss a row")
	case divisor.Shape().Size() != 1:
		return fmt.Errorf("objective: the loss divides by %d sums over the batch (%s), a mean for each class or output, "+
			"which no one number for a part of the batch can weigh: have it divide by one sum", divisor.Shape().Size(),
			divisor.Shape())
	case r.divisor == nil:
		r.divisor = divisor
	}
	r.quotients, r.divisors = append(r.quotients, quotient), append(r.divisors, divisor)
	return r.read(numerator, factor, true)
}
