package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// EigenSAMConfig is SAM with ρ = 0.05 whose ascent leans towards the dominant eigenvector v of the Hessian:
//
//	ĝ = g/‖g‖,  d = ĝ + β·sign⟨g, v⟩·(v − ⟨v, ĝ⟩ĝ),  ε = ρ d/‖d‖
//
// with the authors' β = 0.2. The sign of v does not matter, and nothing is corrected: α = 0. Two gradients a step. With
// β = 0 the ascents are SAM's.
//
// The published method estimates v beside the step, every 100 steps, by five exact products of the model as in
// evaluation. Here every fifth step, and the first five, are pair steps, which refresh v at no gradient more; they
// ascend along v alone. Refresh{By: ByExact, Every: 100, PowerSteps: 5} is the published refresh, but that the first
// one is at step 100 and not at the first step.
//
// Reference: Luo, Truong, Pham, Harandi, Phung, Le (2024), "Explicit Eigenvalue Regularization Improves
// Sharpness-Aware Minimization", arXiv:2501.12666, and its authors' code.
func EigenSAMConfig() Config {
	c := DefaultConfig()
	c.Alpha, c.Mix = 0, 0.2
	return c
}

// LeanTo returns the direction d of Eigen-SAM's ascent, the unit gradient ĝ = g/‖g‖ and β times the part of v across
// it:
//
//	d = ĝ + β·sign⟨g, v⟩·(v − ⟨v, ĝ⟩ĝ)
//
// g and v hold one node per parameter, with equal shapes pair by pair, and are read as one long vector; ‖v‖ must be 1.
// beta ≥ 0 has no unit. The result has the shapes of g. −v gives the same; where ⟨g, v⟩ is 0, d is ĝ.
func LeanTo(g, v []*graph.Node, beta float64) []*graph.Node {
	unit := paramvec.Scale(ratio(1, paramvec.Norm(g)), g)
	along := paramvec.Dot(unit, v)
	share := graph.MulScalar(graph.Sign(along), beta)
	return paramvec.AddScaled(paramvec.AddScaled(unit, share, v), graph.Neg(graph.Mul(share, along)), unit)
}

// lean is LeanTo with the v of the step; before the first refresh there is none.
func (a ascent) lean(g []*graph.Node) []*graph.Node {
	if a.v == nil {
		return g
	}
	return LeanTo(g, a.v, a.config.Mix)
}
