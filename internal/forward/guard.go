package forward

import (
	"errors"

	"github.com/gomlx/gomlx/core/graph"
)

// guard is a Where around quotients: they, or 0 where the batch has nothing that counts.
type guard struct {
	where     *graph.Node
	then      bool // whether the quotients are what it gives where the condition holds
	quotients int  // how many
}

func (g guard) condition() *graph.Node { return g.where.Inputs()[0] }

func (g guard) branch() *graph.Node {
	if g.then {
		return g.where.Inputs()[1]
	}
	return g.where.Inputs()[2]
}

// guarded goes down into the branch of a Where that is not 0. Where the condition looks at the batch, nothing but
// quotients may be in it: a mean over all rows, or what does not depend on the batch, is in the loss of the whole though
// a part leaves it out.
func (r *reader) guarded(where *graph.Node, then bool, factor float64, divided bool) error {
	g := guard{where: where, then: then}
	if !r.data.reaches(g.condition()) {
		return r.read(g.branch(), factor, divided)
	}
	terms, rest, quotients := len(r.terms), len(r.rest), len(r.quotients)
	if err := r.read(g.branch(), factor, divided); err != nil {
		return err
	}
	for _, t := range r.terms[terms:] {
		if !t.divided || divided {
			return errors.New("objective: the loss leaves out a sum over the rows by what it finds in the batch (Where), which " +
				"is no sum over the rows any more: guard nothing but the quotient")
		}
	}
	if len(r.rest) > rest {
		return errors.New("objective: the loss leaves out what does not depend on the batch by what it finds there (Where), so " +
			"that parts of a batch have another loss: add it after the guard")
	}
	g.quotients = len(r.quotients) - quotients
	r.guards = append(r.guards, g)
	return nil
}

// checkGuards fails for guards that the sums of the divisor do not decide for all quotients alike.
func (r *reader) checkGuards(sums []*graph.Node) error {
	for _, g := range r.guards {
		var leaves []*graph.Node
		r.leaves(g.condition(), map[*graph.Node]bool{}, &leaves)
		decided := g.quotients == len(r.quotients)
		for _, leaf := range leaves {
			decided = decided && sumLike(leaf, sums) != nil
		}
		if !decided {
			return errors.New("objective: the loss is 0 by a condition (Where) on something else than what it divides by, so " +
				"that parts of a batch have another loss: guard the whole quotient, by its own divisor")
		}
	}
	return nil
}

// sumLike returns the one of sums that n is; nil where it is none.
func sumLike(n *graph.Node, sums []*graph.Node) *graph.Node {
	for _, s := range sums {
		if same(n, s) {
			return s
		}
	}
	return nil
}

// guardedBy returns f, and 0 where the guards say so, with other numbers in the place of the sums.
func (r *reader) guardedBy(f *graph.Node, sums []*graph.Node, put map[*graph.Node]*graph.Node) *graph.Node {
	for _, g := range r.guards {
		var leaves []*graph.Node
		r.leaves(g.condition(), map[*graph.Node]bool{}, &leaves)
		for _, leaf := range leaves {
			put[leaf] = put[sumLike(leaf, sums)]
		}
		holds, zero := graph.Reshape(r.rebuild(g.condition(), put)), graph.ZerosLike(f)
		if g.then {
			f = graph.Where(holds, f, zero)
		} else {
			f = graph.Where(holds, zero, f)
		}
	}
	return f
}
