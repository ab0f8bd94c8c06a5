package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// GSAMConfig is SAM with ρ = 0.05 whose step also lowers the surrogate gap, the rise of the loss from w to w + ε:
//
//	g̃ = g_adv − α g⊥,  g⊥ = g − (⟨g, g_adv⟩/‖g_adv‖²) g_adv
//
// with α = 0.4: g⊥ is the part of the clean gradient along which L(w) rises and, to first order, L(w + ε) does not.
// Two gradients a step. With α = 0 it is SAM, bit for bit. The published method also lets ρ fall with the learning
// rate; here it stays, and α is our choice: theirs differs from model to model.
//
// Reference: Zhuang et al. (2022), "Surrogate Gap Minimization Improves Sharpness-Aware Training".
func GSAMConfig() Config {
	c := SAMConfig()
	c.Form, c.Alpha = SurrogateGap, 0.4
	return c
}

// ReduceGap returns GSAM's gradient, for h = g_adv and the clean gradient g:
//
//	g̃ = h − α g⊥,  g⊥ = g − (⟨g, h⟩/‖h‖²) h
//
// Both hold one node per parameter, with equal shapes pair by pair, and are read as one long vector; alpha is a scalar
// node without unit. The result has the shapes of h. ⟨g̃, h⟩ is ‖h‖². Where ‖h‖ is 0, g⊥ is g.
func ReduceGap(h, g []*graph.Node, alpha *graph.Node) []*graph.Node {
	square := paramvec.Dot(h, h)
	across := paramvec.AddScaled(g, graph.Neg(over(paramvec.Dot(g, h), square)), h)
	return paramvec.AddScaled(h, graph.Neg(graph.ConvertDType(alpha, square.DType())), across)
}

// reduceGap is ReduceGap in this step. The clean gradient of a plain step that reuses no ascent is h itself.
func (s *step) reduceGap(g gradients, h []*graph.Node) []*graph.Node {
	if s.mark.raw || s.mark.kind == PlainStep && s.config.Reuse == 0 {
		return whole(h)
	}
	return ReduceGap(h, g.cleanGradient(), s.alpha())
}
