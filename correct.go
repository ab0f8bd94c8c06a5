package xsam

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/objective"
)

// Correct returns the corrected gradient g̃. With c = ⟨g, v⟩:
//
//	Oriented    g̃ = g − α|c|v      v must point to the side on which λ falls
//	Projection  g̃ = g − α c v
//	Paper       g̃ = g/‖g‖ − α|c|v  (Eq. 11; where ‖g‖ is 0 so is the first term)
//	Explicit    g̃ = g              g being the mean of the pair
//
// g is the gradient at the perturbed point and v the dominant eigenvector of the Hessian, ‖v‖ = 1: one node per
// parameter, equal shapes pair by pair, read as one long vector. alpha is a scalar node without unit. The result has
// the shapes of g.
//
// −v gives the same Projection, the opposite correction with Paper, and is the caller's to settle with Oriented: the
// step −lr·g̃ moves by +lr·α|c| along v.
//
// Reference: Duan et al. (2026), arXiv:2601.10251, Eq. 11 (Paper) and the projector of Theorem 5.1 (Projection).
func Correct(form Correction, g, v []*graph.Node, alpha *graph.Node) []*graph.Node {
	return correct(form, g, v, paramvec.Dot(g, v), paramvec.Norm(g), alpha)
}

// correct is Correct with c = ⟨g, v⟩ and ‖g‖ given.
func correct(form Correction, g, v []*graph.Node, c, norm, alpha *graph.Node) []*graph.Node {
	alpha = graph.ConvertDType(alpha, c.DType())
	switch form {
	case Projection:
		return paramvec.AddScaled(g, graph.Neg(graph.Mul(alpha, c)), v)
	case Paper:
		unit := paramvec.Scale(lengthOver(1, norm), g)
		return paramvec.AddScaled(unit, graph.Neg(graph.Mul(alpha, graph.Abs(c))), v)
	case Explicit:
		return g
	default: // Oriented
		return paramvec.AddScaled(g, graph.Neg(graph.Mul(alpha, graph.Abs(c))), v)
	}
}

// correct returns g̃, and measures ‖g_adv‖ and ⟨g_adv, v⟩ on the way where a pair has not told them.
func (s *step) correct(grads gradients, v []*graph.Node) []*graph.Node {
	objective.SetPoint(s.vars, s.w) // wherever the passes went, the update starts at w
	if s.norm == nil {
		s.norm = paramvec.Norm(grads.adv)
	}
	// A corrected gradient is there when all of it is, for c takes all of it. One that stays as it is waits, too: XLA would update
	// the first weights during the backward pass, which where passes hold much takes longer: on resnet8 a step of SGD a tenth.
	whole := grads.adv
	if !s.sideBySide {
		whole = paramvec.After(grads.adv, grads.adv)
	}
	if v == nil {
		s.alongV = graph.Scalar(s.g, s.norm.DType(), math.NaN())
		return whole
	}
	if s.alongV == nil {
		s.alongV = paramvec.Dot(v, grads.adv)
	}
	if s.config.Alpha == 0 && s.config.Correction != Paper {
		return whole
	}
	return correct(s.config.Correction, grads.adv, v, s.alongV, s.norm, s.alpha())
}

// alpha is α at this step: 0 while v warms up, then rising over AlphaWarmup steps. Only refreshes can fall into the warm-up
// of v.
func (s *step) alpha() *graph.Node {
	dtype := paramvec.DType(s.w)
	alpha := graph.Scalar(s.g, dtype, s.config.Alpha)
	warming := s.mark.refresh && s.config.WarmupRefreshes > 0
	if !warming && s.config.AlphaWarmup == 0 {
		return alpha
	}
	done := graph.SubScalar(s.now(), s.config.WarmupRefreshes) // steps since v is warm
	if s.config.AlphaWarmup > 0 {
		share := graph.DivScalar(graph.ConvertDType(graph.AddScalar(done, 1), dtype), s.config.AlphaWarmup)
		alpha = graph.Mul(alpha, graph.MinScalar(share, 1))
	}
	return graph.Where(graph.LessThan(done, graph.ZerosLike(done)), graph.ScalarZero(s.g, dtype), alpha)
}

// now is the number of the step, counted from 0.
func (s *step) now() *graph.Node { return optimizer.GetGlobalStepVar(s.scope).NodeValue(s.g) }
