package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// The correction of Oriented takes a = α|c| away along v, with c = ⟨h, v⟩. Correction.Bound bounds a where c > 0, so
// where it holds the step back from descending along v:
//
//	NoClimb  a ≤ c           no step climbs along v
//	Quarter  and a ≤ ‖h‖/4   where h lies along v for more than a quarter, the step descends along v
//
// docs/algorithm.md has the reasons, and what happens without.

const quarter = 0.25

// bounds tells whether the bound has anything to say.
func (c Correction) bounds() bool {
	return c.Form == Oriented && (c.Bound == Quarter || c.Bound == NoClimb && c.Alpha > 1)
}

// bounded returns g̃ = h − a v.
func (s *step) bounded(h, v []*graph.Node, c *graph.Node) []*graph.Node {
	a := graph.Mul(graph.ConvertDType(s.alpha(), c.DType()), graph.Abs(c))
	most := c
	if s.config.Bound == Quarter {
		most = graph.Min(c, graph.MulScalar(paramvec.Norm(h), quarter))
	}
	a = graph.Where(graph.GreaterThan(c, graph.ZerosLike(c)), graph.Min(a, most), a)
	return paramvec.AddScaled(h, graph.Neg(a), v)
}
