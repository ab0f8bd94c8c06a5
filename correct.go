package xsam

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/objective"
)

// Correct returns the corrected gradient g̃. With c = ⟨h, v⟩:
//
//	Oriented    g̃ = h − α|c|v   v must point to the side on which λ falls
//	Projection  g̃ = h − α c v
//	Paper       g̃ = h − α|c|v   v's sign as power iteration leaves it; h is g_adv/‖g_adv‖ as published
//	Explicit    g̃ = h           h being the mean of the pair
//
// h is the gradient at the perturbed point after its length was set, and v the dominant eigenvector of the Hessian, ‖v‖ = 1: one node
// per parameter, equal shapes pair by pair, read as one long vector. alpha is a scalar node without unit. The result has
// the shapes of h, and ‖g̃‖ ≤ (1 + α)‖h‖; with Projection ‖g̃‖ ≤ ‖h‖.
//
// −v gives the same Projection, the opposite correction with Paper, and is the caller's to settle with Oriented: the
// step −lr·g̃ moves by +lr·α|c| along v.
//
// Reference: Duan et al. (2026), arXiv:2601.10251, and its authors' code (Paper); the projector of its Theorem 5.1 (Projection).
func Correct(form Correction, h, v []*graph.Node, alpha *graph.Node) []*graph.Node {
	return correct(form, h, v, paramvec.Dot(h, v), alpha)
}

// correct is Correct with c = ⟨h, v⟩ given.
func correct(form Correction, h, v []*graph.Node, c, alpha *graph.Node) []*graph.Node {
	alpha = graph.ConvertDType(alpha, c.DType())
	switch form {
	case Explicit:
		return h
	case Projection:
		return paramvec.AddScaled(h, graph.Neg(graph.Mul(alpha, c)), v)
	default: // Oriented, Paper
		return paramvec.AddScaled(h, graph.Neg(graph.Mul(alpha, graph.Abs(c))), v)
	}
}

// correct returns g̃, and measures ‖g_adv‖ and ⟨g_adv, v⟩ on the way where a pair has not told them.
func (s *step) correct(grads gradients, v []*graph.Node) []*graph.Node {
	objective.SetPoint(s.vars, s.w) // wherever the passes went, the update starts at w
	if s.norm == nil {
		s.norm = paramvec.Norm(grads.adv)
	}
	s.alongV = s.along(grads, v)
	h, c := grads.adv, s.alongV
	if f := s.length(grads, s.norm); f != nil {
		h, c = paramvec.Scale(f, h), graph.Mul(f, c)
	}
	if v == nil || s.config.Alpha == 0 {
		return s.whole(h)
	}
	return correct(s.config.Correction, h, v, c, s.alpha())
}

// along is ⟨g_adv, v⟩, NaN where there is no v.
func (s *step) along(grads gradients, v []*graph.Node) *graph.Node {
	switch {
	case v == nil:
		return graph.Scalar(s.g, s.norm.DType(), math.NaN())
	case s.alongV == nil:
		return paramvec.Dot(v, grads.adv)
	default:
		return s.alongV
	}
}

// whole returns g, there when all of it is, as a corrected gradient is, since c takes all of it. XLA would update the first weights
// during the backward pass, which where passes hold much takes longer: on resnet8 a step of SGD a tenth.
func (s *step) whole(g []*graph.Node) []*graph.Node {
	if s.sideBySide {
		return g
	}
	return paramvec.After(g, g)
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
