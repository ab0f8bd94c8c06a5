package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// Length says how long the gradient h is that the correction starts from. With g the clean gradient ∇L(w):
type Length int

const (
	// AsIs leaves it: h = g_adv, as SAM does.
	AsIs Length = iota
	// Unit divides it by its global norm: h = g_adv/‖g_adv‖, as the authors of X-SAM do. It wants a learning rate of its own.
	Unit
	// Clean gives it the length of the clean gradient: h = ‖g‖·g_adv/‖g_adv‖ (SSAM, stable SAM).
	//
	// A plain step has the clean gradient already and stays as it is. A pair step has none: there ‖(g₊ + g₋)/2‖ stands for ‖g‖, with an
	// error of order r².
	Clean
)

var lengthNames = []string{"as-is", "unit", "clean"}

func (l Length) String() string { return nameOf(int(l), lengthNames, "Length") }

// ParseLength returns the Length called name: as-is, unit or clean.
func ParseLength(name string) (Length, error) {
	i, err := indexOf(name, lengthNames, "length")
	return Length(i), err
}

// SetLength returns h, the gradient at the perturbed point with its length set:
//
//	AsIs   h = g_adv
//	Unit   h = g_adv/‖g_adv‖
//	Clean  h = ‖g‖·g_adv/‖g_adv‖
//
// g_adv and the clean gradient g, which only Clean looks at, hold one node per parameter, with equal shapes pair by pair, and are read as
// one long vector. The result has the shapes of g_adv; where ‖g_adv‖ is 0 so is h.
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

// length returns the factor f of h = f·g_adv, given ‖g_adv‖, or nil where h is g_adv itself: see SetLength.
func (s *step) length(grads gradients, norm *graph.Node) *graph.Node {
	switch {
	case s.mark.raw:
		return nil
	case s.config.Length == Unit:
		return ratio(1, norm)
	case s.config.Length == Clean && grads.pair != nil:
		return over(grads.pair.meanNorm(), norm)
	case s.config.Length == Clean && (s.mark.kind == Ascent || s.config.Reuse > 0):
		return over(paramvec.Norm(grads.clean), norm)
	default:
		return nil
	}
}

// over returns x/norm, and 0 where norm is 0. There is no small number under the root of the norm: it would shift the result.
func over(x, norm *graph.Node) *graph.Node {
	zero := graph.ScalarZero(norm.Graph(), norm.DType())
	return graph.Where(graph.GreaterThan(norm, zero), graph.Div(x, norm), zero)
}

// ratio is length/norm, and 0 where norm is 0.
func ratio(length float64, norm *graph.Node) *graph.Node {
	return over(graph.Scalar(norm.Graph(), norm.DType(), length), norm)
}
