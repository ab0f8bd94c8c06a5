package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// reuse lets plain steps go on with what the last ascent found:
//
//	ascent step  u = g_adv − (⟨g_adv, g⟩/‖g‖²) g    the part orthogonal to the clean gradient, which changes slowly
//	plain step   g_adv = g + Reuse ‖g‖ u/‖u‖
//
// u/‖u‖ is kept in the store, as 0 until there was an ascent.
//
// Reference: Liu et al. (2022), "Towards Efficient and Scalable Sharpness-Aware Minimization", Algorithm 1.
func (s *step) reuse(grads gradients) gradients {
	if s.config.Reuse == 0 || s.mark.kind == PairStep || s.mark.off {
		return grads
	}
	kept := s.home.vectors(s.vars, ascentName) // 0 until there was an ascent
	square := paramvec.Dot(grads.clean, grads.clean)
	zero := graph.ScalarZero(s.g, square.DType())
	if s.mark.kind == AscentStep {
		along := graph.Where(graph.GreaterThan(square, zero), graph.Div(paramvec.Dot(grads.adv, grads.clean), square), zero)
		across := paramvec.AddScaled(grads.adv, graph.Neg(along), grads.clean)
		forward.SetPoint(kept, paramvec.Scale(ratio(1, paramvec.Norm(across)), across))
		return grads
	}
	length := graph.MulScalar(graph.Sqrt(square), s.config.Reuse)
	grads.adv = paramvec.AddScaled(grads.clean, length, forward.Point(s.g, kept))
	return grads
}

func ascentName(v *model.Variable) string { return model.JoinPath("ascent", v.Path()) }
