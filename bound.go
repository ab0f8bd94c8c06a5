package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// With Correction.Bound the correction of Oriented, α|c|v, ends where what it rests on does:
//
//	where c > 0      α acts as at most 1: a step does not climb along v
//	where s|D₃| > λ  α acts as 0, until v is refreshed
//
// s = ⟨w − w₀, v⟩ is how far w has gone along v from w₀, where v, λ and D₃ = dλ/dv were measured. There λ falls along
// v, as λ − s|D₃| to first order; so beyond s = λ/|D₃| there is, as far as is known, no λ left to lower.
// docs/algorithm.md has the reason for either, and what happens without.

// bounded returns the length that is taken away along v, for α|c| and c.
func (s *step) bounded(taken, c *graph.Node, d direction) *graph.Node {
	zero := graph.ScalarZero(s.g, c.DType())
	taken = graph.Where(graph.GreaterThan(c, zero), graph.Min(taken, c), taken)
	if d.estimate != nil { // s = 0
		return taken
	}
	moved := graph.Sub(paramvec.Dot(s.w, s.v), openStart(s.home, s.state.refresh).NodeValue(s.g))
	lambda, slope := graph.Abs(s.state.lambda()), graph.Abs(s.state.refreshEntry(refreshD3))
	beyond := graph.GreaterThan(graph.Mul(moved, slope), lambda) // false where λ or D₃ is not known
	return graph.Where(beyond, zero, taken)
}

// keepStart notes ⟨w₀, v⟩ at a refresh.
func (s *step) keepStart(d direction) {
	if s.config.Bound && d.estimate != nil {
		start := openStart(s.home, s.state.refresh)
		start.SetNodeValue(graph.ConvertDType(paramvec.Dot(s.w, d.v), start.DType()))
	}
}

// openStart is the variable that holds ⟨w₀, v⟩, of the type of the measurements.
func openStart(h home, like *model.Variable) *model.Variable {
	return h.variable("start", like.DType(), nil, []float64{0})
}
