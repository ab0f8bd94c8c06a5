package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// The correction of Oriented takes a = α|c| away along v, with c = ⟨h, v⟩. Correction.Bound bounds a:
//
//	NoClimb       c > 0:  a ≤ c           no step climbs along v
//	Quarter       and     a ≤ ‖h‖/4       where h lies along v for more than a quarter, the step descends along v
//	WhileFalling  NoClimb, and a = 0 while the running loss has risen (risen.go)
//
// docs/algorithm.md has the reasons, and what happens without.

const quarter = 0.25

// bounds tells whether the bound has anything to say.
func (c Correction) bounds() bool {
	return c.Form == Oriented && c.Bound != Unbounded && (c.Bound != NoClimb || c.Alpha > 1)
}

// bounded returns g̃ = h − a v.
func (s *step) bounded(g gradients, h, v []*graph.Node, c *graph.Node) []*graph.Node {
	alpha := graph.ConvertDType(s.alpha(), c.DType())
	a, most := graph.Mul(alpha, graph.Abs(c)), c
	if s.config.Bound == Quarter {
		most = graph.Min(c, graph.MulScalar(paramvec.Norm(h), quarter))
	}
	a = graph.Where(graph.GreaterThan(c, graph.ZerosLike(c)), graph.Min(a, most), a)
	if s.config.Bound == WhileFalling {
		a = graph.Where(s.hasRisen(g.loss), graph.ZerosLike(a), a)
	}
	return paramvec.AddScaled(h, graph.Neg(a), v)
}
