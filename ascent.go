package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// Perturbation returns SAM's ascent, the ε of length ρ that raises the linearised loss most:
//
//	ε = ρ g / ‖g‖
//
// g holds one node per parameter and is read as one long vector; ε has its shapes and is a constant of differentiation.
// Where ‖g‖ is 0 so is ε. rho ≥ 0 has the units of the weights.
//
// Reference: Foret et al. (2021), "Sharpness-Aware Minimization for Efficiently Improving Generalization", eq. 2.
func Perturbation(g []*graph.Node, rho float64) []*graph.Node {
	return paramvec.StopGradient(paramvec.Scale(ratio(rho, paramvec.Norm(g)), g))
}

// AdaptivePerturbation returns ASAM's ascent, which does not depend on how the weights are scaled:
//
//	ε = ρ T² g / ‖T g‖,  T = |w| + η
//
// w and g hold one node per parameter with equal shapes pair by pair; T acts entry by entry, on biases as on weights. ε
// has the shapes of w and is a constant of differentiation. Where ‖T g‖ is 0 so is ε. rho ≥ 0 has no unit; eta ≥ 0 has
// those of the weights.
//
// Reference: Kwon et al. (2021), "ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant Learning of Deep
// Neural Networks", eq. 6.
func AdaptivePerturbation(w, g []*graph.Node, rho, eta float64) []*graph.Node {
	scaled, twice := make([]*graph.Node, len(g)), make([]*graph.Node, len(g))
	for i := range g {
		t := graph.AddScalar(graph.Abs(graph.ConvertDType(w[i], g[i].DType())), eta)
		scaled[i] = graph.Mul(t, g[i])
		twice[i] = graph.Mul(t, scaled[i])
	}
	return paramvec.StopGradient(paramvec.Scale(ratio(rho, paramvec.Norm(scaled)), twice))
}

// ascent is what the ascents of a step have in common.
type ascent struct {
	config Config
	home   home
	vars   []*model.Variable
	w      []*graph.Node
	v      []*graph.Node // nil before the first refresh, and where there is none
	m      *graph.Node   // what ρ is multiplied by; nil for 1
}

// from returns w + ε for g, the clean gradient at w, or what stands for it along the momentum.
func (a ascent) from(g []*graph.Node) []*graph.Node {
	d := a.lessAverage(g)           // g − σ ḡ
	d = a.lean(d)                   // leaning towards v
	d = a.config.Of.only(a.vars, d) // 0 for what is not to move
	eps := a.perturbation(d)
	if a.m != nil {
		eps = paramvec.Scale(a.m, eps)
	}
	return paramvec.Add(a.w, eps)
}

// perturbation is ε of radius ρ along d.
func (a ascent) perturbation(d []*graph.Node) []*graph.Node {
	if a.config.Adaptive {
		return AdaptivePerturbation(a.w, d, a.config.Rho, a.config.Eta)
	}
	return Perturbation(d, a.config.Rho)
}

// ascent is that of this step. Where it leans towards v, an exact refresh comes before it.
func (s *step) ascent() ascent {
	a := ascent{config: s.config, home: s.home, vars: s.vars, w: s.w, m: s.config.strength(s.home, s.g)}
	switch {
	case s.config.Mix == 0 || s.mark.raw:
	case s.mark.refresh && s.config.By == ByExact:
		a.v, _ = s.exact()
	default:
		a.v = s.v
	}
	return a
}
