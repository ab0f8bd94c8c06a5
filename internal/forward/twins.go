package forward

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// twins pairs the nodes of a loss with those of the loss of another number of rows, built by the same program. What has
// another shape there has rows: its axis that differs is that of the rows.
type twins struct {
	of           map[*graph.Node]*graph.Node
	rows, others int
	complete     bool // every node that looks at the batch has a partner: the same program for any number of rows
}

// added is n without the 0 that sums of losses may begin with.
func added(n *graph.Node) *graph.Node {
	for n.Type() == graph.NodeTypeAdd {
		in := n.Inputs()
		switch {
		case isZero(in[0]):
			n = in[1]
		case isZero(in[1]):
			n = in[0]
		default:
			return n
		}
	}
	return n
}

// twins builds the loss again with one more row. nil where the program is then built differently.
func (v Value) twins() *twins {
	var other Value
	if exceptions.Try(func() {
		more := v.objective.each(v.batch, func(x *graph.Node) *graph.Node { // n of x for each row
			n := x.Shape().Dim(0) / v.rows()
			return graph.Concatenate([]*graph.Node{x, graph.Slice(x, graph.AxisRange(0, n))}, 0)
		})
		other = v.objective.evaluateAs(v.training, v.scope, v.Total.Graph(), more)
		if v.onlyMain {
			other = other.OnlyMain()
		}
	}) != nil {
		return nil
	}
	if t := newTwins(v, other); t.complete {
		return t
	}
	return nil
}

// extent says how the size of a node depends on the number of rows.
type extent int

const (
	unpaired  extent = iota
	noRows           // it has the same shape for any number
	perRow           // one axis is in proportion to it
	otherwise        // two axes depend on it, as in a table of all pairs, or one in another way
)

func newTwins(a, b Value) *twins {
	t := &twins{of: map[*graph.Node]*graph.Node{}, complete: true}
	t.rows, t.others = a.rows(), b.rows()
	pair := func(x, y []*graph.Node) {
		for i := range x {
			t.of[x[i]] = y[i]
		}
	}
	pair(a.batch.Inputs, b.batch.Inputs)
	pair(a.batch.Labels, b.batch.Labels)
	data := newDependence(slices.Concat(a.batch.Inputs, a.batch.Labels))
	stack := [][2]*graph.Node{{a.Total, b.Total}}
	if a.given != nil {
		stack = append(stack, [2]*graph.Node{a.given, b.given})
	}
	for len(stack) > 0 {
		x, y := added(stack[len(stack)-1][0]), added(stack[len(stack)-1][1])
		stack = stack[:len(stack)-1]
		if _, done := t.of[x]; done || x == y || !data.reaches(x) {
			continue
		}
		if x.Type() != y.Type() || len(x.Inputs()) != len(y.Inputs()) {
			t.complete = false
			continue
		}
		t.of[x] = y
		for i, in := range x.Inputs() {
			stack = append(stack, [2]*graph.Node{in, y.Inputs()[i]})
		}
	}
	return t
}

// extent of n, and which axis is that of the rows if there is one. Nodes of several outputs have no shape of their own.
func (t *twins) extent(n *graph.Node) (e extent, axis int) {
	other := t.of[n]
	if other == nil || n.NumOutputs() != 1 {
		return unpaired, 0
	}
	dims, others := n.Shape().Dimensions, other.Shape().Dimensions
	if len(dims) != len(others) {
		return otherwise, 0
	}
	e = noRows
	for i, d := range dims {
		switch {
		case d == others[i]:
		case e == noRows && d*t.others == others[i]*t.rows:
			e, axis = perRow, i
		default:
			return otherwise, 0
		}
	}
	return e, axis
}
