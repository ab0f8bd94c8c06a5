package forward

import (
	"iter"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// dependence tells which nodes of a graph depend on some of its parameters.
type dependence struct {
	known map[*graph.Node]bool
	on    []*graph.Node
	other map[*graph.Node]bool // whether a node depends on parameters besides those
}

// newDependence is on some nodes. What is held does not count as another parameter.
func newDependence(on []*graph.Node, held ...*graph.Node) *dependence {
	d := &dependence{known: map[*graph.Node]bool{}, on: on, other: map[*graph.Node]bool{}}
	for _, n := range held {
		d.known[n], d.other[n] = false, false
	}
	for _, n := range on {
		d.known[n], d.other[n] = true, false
	}
	return d
}

// reaches tells whether n depends on one of them.
func (d *dependence) reaches(n *graph.Node) bool { d.visit(n); return d.known[n] }

// given tells whether n is one of them.
func (d *dependence) given(n *graph.Node) bool { return slices.Contains(d.on, n) }

// onlyData tells whether n depends on no other parameter.
func (d *dependence) onlyData(n *graph.Node) bool { d.visit(n); return !d.other[n] }

// visit goes through what n is made of, without recursion: graphs are deep.
func (d *dependence) visit(n *graph.Node) {
	stack := []*graph.Node{n}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if _, done := d.known[top]; done {
			stack = stack[:len(stack)-1]
			continue
		}
		missing := len(stack)
		for _, in := range top.Inputs() {
			if _, done := d.known[in]; !done {
				stack = append(stack, in)
			}
		}
		if len(stack) > missing {
			continue
		}
		depends, other := false, top.Type() == graph.NodeTypeParameter
		for _, in := range top.Inputs() {
			depends, other = depends || d.known[in], other || d.other[in]
		}
		d.known[top], d.other[top] = depends, other
		stack = stack[:len(stack)-1]
	}
}

// madeOf goes through the nodes that n is made of, itself first.
func madeOf(n *graph.Node) iter.Seq[*graph.Node] {
	return func(yield func(*graph.Node) bool) {
		seen, stack := map[*graph.Node]bool{n: true}, []*graph.Node{n}
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !yield(top) {
				return
			}
			for _, in := range top.Inputs() {
				if !seen[in] {
					seen[in] = true
					stack = append(stack, in)
				}
			}
		}
	}
}
