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
	norm := paramvec.Norm(gAdv)
	switch length {
	case Unit:
		return paramvec.Scale(ratio(1, norm), gAdv)
	case Clean:
		return paramvec.Scale(over(paramvec.Norm(g), norm), gAdv)
	default:
		return gAdv
	}
}

// setLength returns h and c = ⟨h, v⟩: f·g_adv and f·⟨g_adv, v⟩ with the factor f of SetLength.
func (s *step) setLength(g gradients, d direction) (h []*graph.Node, c *graph.Node) {
	f := s.length(g, d.norm)
	if f == nil {
		return g.adv, d.c
	}
	return paramvec.Scale(f, g.adv), graph.Mul(f, d.c)
}

// length returns f, or nil where it is 1, given ‖g_adv‖.
func (s *step) length(g gradients, norm *graph.Node) *graph.Node {
	switch {
	case s.mark.raw:
		return nil
	case s.config.Length == Unit:
		return ratio(1, norm)
	case s.config.Length == Clean && g.pair != nil:
		return over(paramvec.Norm(g.pair.meanGradient()), norm)
	case s.config.Length == Clean:
		return over(paramvec.Norm(g.clean), norm)
	default:
		return nil
	}
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
