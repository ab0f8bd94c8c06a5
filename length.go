package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// SetLength returns h, the gradient at the perturbed point with its length set:
//
//	AsIs   h = g_adv
//	Unit   h = g_adv/‖g_adv‖
//	Clean  h = ‖g‖·g_adv/‖g_adv‖
//
// g_adv and the clean gradient g, which only Clean looks at, hold one node per parameter, with equal shapes pair by
// pair, and are read as one long vector. The result has the shapes of g_adv; where ‖g_adv‖ is 0 so is h.
//
// Reference: Unit is the authors' code of Duan et al. (2026), arXiv:2601.10251; Clean is Tan et al. (2025), JMLR.
func SetLength(length Length, gAdv, g []*graph.Node) []*graph.Node {
	f := length.factor(paramvec.Norm(gAdv), g)
	if f == nil {
		return gAdv
	}
	return paramvec.Scale(f, gAdv)
}

// factor returns f of h = f·g_adv, or nil where it is 1, given ‖g_adv‖ and the clean gradient g.
func (l Length) factor(norm *graph.Node, g []*graph.Node) *graph.Node {
	switch l {
	case Unit:
		return ratio(1, norm)
	case Clean:
		return over(paramvec.Norm(g), norm)
	default:
		return nil
	}
}

// setLength returns h and c = ⟨h, v⟩: SetLength with ‖g_adv‖ and ⟨g_adv, v⟩ at hand. Before the first refresh h is
// g_adv; in a pair step the mean of the pair stands for the clean gradient.
func (s *step) setLength(g gradients, d direction) (h []*graph.Node, c *graph.Node) {
	if s.mark.raw {
		return g.adv, d.c
	}
	f := s.config.Length.factor(d.norm, g.cleanGradient())
	if f == nil {
		return g.adv, d.c
	}
	return paramvec.Scale(f, g.adv), graph.Mul(f, d.c)
}

// over returns x/norm, and 0 where norm is 0. There is no small number under the root of the norm: it would shift the
// result.
func over(x, norm *graph.Node) *graph.Node {
	zero := graph.ScalarZero(norm.Graph(), norm.DType())
	return graph.Where(graph.GreaterThan(norm, zero), graph.Div(x, norm), zero)
}

// ratio is length/norm, and 0 where norm is 0.
func ratio(length float64, norm *graph.Node) *graph.Node {
	return over(graph.Scalar(norm.Graph(), norm.DType(), length), norm)
}
