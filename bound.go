package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// The correction of Oriented, α|c|v, drives w along v, which it takes to be the side on which λ falls. It ends where what
// it rests on does:
//
//	NoClimb      where c > 0, α acts as at most 1: no step climbs along v
//	WithinReach  and where s|D₃| > |λ|, α acts as 0, until v is refreshed
//
// s = ⟨w − w₀, v⟩ is how far w has gone along v from w₀, where v, λ and D₃ = dλ/dv were measured. From there λ falls as
// λ − s|D₃| to first order: beyond s = |λ/D₃| there is, as far as is known, no λ left to lower. docs/algorithm.md has
// the reasons, and what happens without.

// bounds tells whether the bound has anything to say.
func (c Correction) bounds() bool {
	return c.Form == Oriented && (c.Bound == WithinReach || c.Bound == NoClimb && c.Alpha > 1)
}

// bounded returns what is taken away along v, for α|c| and c.
func (s *step) bounded(taken, c *graph.Node, d direction) *graph.Node {
	zero := graph.ScalarZero(s.g, c.DType())
	taken = graph.Where(graph.GreaterThan(c, zero), graph.Min(taken, c), taken)
	if s.config.Bound != WithinReach || d.estimate != nil { // in a refresh s = 0
		return taken
	}
	gone := graph.Sub(paramvec.Dot(s.w, s.v), openStart(s.home, s.state.refresh).NodeValue(s.g))
	lambda, slope := graph.Abs(s.state.lambda()), graph.Abs(s.state.refreshEntry(refreshD3))
	beyond := graph.GreaterThan(graph.Mul(gone, slope), lambda) // false where λ or D₃ is not known
	return graph.Where(beyond, zero, taken)
}

// keepStart notes ⟨w₀, v⟩ at a refresh.
func (s *step) keepStart(d direction) {
	if s.config.bounds() && s.config.Bound == WithinReach {
		start := openStart(s.home, s.state.refresh)
		start.SetNodeValue(graph.ConvertDType(paramvec.Dot(s.w, d.v), start.DType()))
	}
}

// openStart is the variable that holds ⟨w₀, v⟩, of the type of the measurements.
func openStart(h home, like *model.Variable) *model.Variable {
	return h.variable("start", like.DType(), nil, []float64{0})
}
