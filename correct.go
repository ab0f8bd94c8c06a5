package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// Correct returns the corrected gradient g̃. With c = ⟨h, v⟩:
//
//	Oriented    g̃ = h − α|c|v   v must point to the side on which λ falls
//	Projection  g̃ = h − α c v
//	Paper       g̃ = h − α|c|v   v's sign as power iteration leaves it; h is g_adv/‖g_adv‖ as published
//	Explicit    g̃ = h           h being the mean of the pair
//
// (SurrogateGap, which has no part in v, is ReduceGap.)
//
// h is the gradient at the perturbed point after its length was set, and v the dominant eigenvector of the Hessian,
// ‖v‖ = 1: one node per parameter, equal shapes pair by pair, read as one long vector. alpha is a scalar node without
// unit. The result has the shapes of h, and ‖g̃‖ ≤ (1 + α)‖h‖; with Projection ‖g̃‖ ≤ ‖h‖.
//
// −v gives the same Projection, the opposite correction with Paper, and is the caller's to settle with Oriented: the
// step −lr·g̃ moves by +lr·α|c| along v.
//
// Reference: Duan et al. (2026), arXiv:2601.10251, and its authors' code (Paper); the projector of its Theorem 5.1
// (Projection).
func Correct(form Form, h, v []*graph.Node, alpha *graph.Node) []*graph.Node {
	return correct(form, h, v, paramvec.Dot(h, v), alpha)
}

// correct is Correct with c = ⟨h, v⟩ given.
func correct(form Form, h, v []*graph.Node, c, alpha *graph.Node) []*graph.Node {
	alpha = graph.ConvertDType(alpha, c.DType())
	switch form {
	case Explicit:
		return h
	case SurrogateGap:
		exceptions.Panicf("xsam: Correct with SurrogateGap: it is not along v: want ReduceGap")
		return nil
	case Projection:
		return paramvec.AddScaled(h, graph.Neg(graph.Mul(alpha, c)), v)
	default: // Oriented, Paper
		return paramvec.AddScaled(h, graph.Neg(graph.Mul(alpha, graph.Abs(c))), v)
	}
}

// correct returns g̃ for h and c = ⟨h, v⟩.
func (s *step) correct(g gradients, h []*graph.Node, c *graph.Node, d direction) []*graph.Node {
	switch {
	case s.config.Alpha == 0:
		return whole(h)
	case s.config.Form == SurrogateGap:
		return s.reduceGap(g, h)
	case d.v == nil:
		return whole(h)
	case s.config.bounds():
		return s.bounded(g, h, d.v, c)
	}
	return correct(s.config.Form, h, d.v, c, s.alpha())
}

// alpha is α at this step: 0 while v warms up, then rising over AlphaWarmup steps.
func (s *step) alpha() *graph.Node {
	dtype := paramvec.DType(s.w)
	alpha := graph.Scalar(s.g, dtype, s.config.Alpha)
	if m := s.config.strength(s.home, s.g); m != nil && s.config.Alpha < 1 {
		alpha = graph.MinScalar(graph.Mul(alpha, graph.ConvertDType(m, dtype)), 1)
	}
	if s.config.Refresh.Warmup == 0 && s.config.AlphaWarmup == 0 {
		return alpha
	}
	done := graph.SubScalar(s.sinceBegin(), s.config.Refresh.Warmup) // steps since v is warm
	if s.config.AlphaWarmup > 0 {
		share := graph.DivScalar(graph.ConvertDType(graph.AddScalar(done, 1), dtype), s.config.AlphaWarmup)
		alpha = graph.Mul(alpha, graph.MinScalar(share, 1))
	}
	return graph.Where(graph.LessThan(done, graph.ZerosLike(done)), graph.ScalarZero(s.g, dtype), alpha)
}
