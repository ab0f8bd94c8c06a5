package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// pair is what a batch says of the loss along v: losses and gradients at w + r v and at w − r v.
//
// All numbers of a pair step follow from five inner products of v, g₋ and d = g₊ − g₋, each of which is a pass over the parameters. With
// the difference itself among them no digits cancel in λ and ‖h‖, as they would between ⟨v, g₊⟩ and ⟨v, g₋⟩. A number that is not finite in
// either gradient makes all of them not finite, whichever of the two is g_adv.
type pair struct {
	config              Config
	v                   []*graph.Node
	lossPlus, lossMinus *graph.Node
	plus, minus         []*graph.Node
	difference          []*graph.Node // d

	vd, vm     *graph.Node // ⟨v, d⟩ = 2rλ, ⟨v, g₋⟩
	dd, md, mm *graph.Node // ‖d‖², ⟨g₋, d⟩, ‖g₋‖²
}

// newPair takes what the two passes found, and adds the inner products; those that nobody asks for are not computed. The difference waits
// for all of g₋: array by array it would come in the way of the pass, and where passes hold much it holds more (docs/decisions/004).
func (s *step) newPair(lossPlus *graph.Node, plus []*graph.Node, lossMinus *graph.Node, minus []*graph.Node) *pair {
	d := paramvec.Sub(plus, paramvec.After(minus, minus))
	return &pair{
		config: s.config, v: s.v, lossPlus: lossPlus, lossMinus: lossMinus, plus: plus, minus: minus, difference: d,
		vd: paramvec.Dot(s.v, d), vm: paramvec.Dot(s.v, minus),
		dd: paramvec.Dot(d, d), md: paramvec.Dot(minus, d), mm: paramvec.Dot(minus, minus),
	}
}

// product returns the Hessian-vector product h = d/2r ≈ H v.
func (p *pair) product() []*graph.Node {
	return paramvec.Scale(graph.Scalar(p.vd.Graph(), p.vd.DType(), 1/(2*p.config.ProbeRadius)), p.difference)
}

// lambda is ⟨v, h⟩, norm is ‖h‖.
func (p *pair) lambda() *graph.Node { return graph.DivScalar(p.vd, 2*p.config.ProbeRadius) }
func (p *pair) norm() *graph.Node   { return graph.DivScalar(graph.Sqrt(p.dd), 2*p.config.ProbeRadius) }

// off is ‖h − λv‖. Where nothing depends on it, it is √(‖h‖² − λ²), v being of length 1, without a pass of its own: that has the digits
// that the two squares do not have in common, so in float32 it is not known below about 1e-3·|λ|, 5e-3·|λ| on the Go engine, and
// may read 0 there. An interval that adapts goes by it, and a refresh beside the step has time for it: there it is measured.
func (p *pair) off() *graph.Node {
	if p.config.RefreshMost > 0 || p.config.Refresh == RefreshThreePoint {
		return paramvec.Norm(paramvec.AddScaled(p.product(), graph.Neg(p.lambda()), p.v))
	}
	square := graph.Sub(graph.Square(p.norm()), graph.Square(p.lambda()))
	return graph.Sqrt(graph.MaxScalar(square, 0))
}

// cleanLoss estimates L(w) ≈ (L₊ + L₋)/2 − r²λ/2, an error of order r⁴. It has no part in the update.
func (p *pair) cleanLoss() *graph.Node {
	mean := graph.MulScalar(graph.Add(p.lossPlus, p.lossMinus), 0.5)
	r := p.config.ProbeRadius
	return graph.Sub(mean, graph.ConvertDType(graph.MulScalar(p.lambda(), r*r/2), mean.DType()))
}

// derivative returns dλ/dv from the pair alone: 3/(2r²)·(⟨v, g₊ + g₋⟩ − (L₊ − L₋)/r).
func (p *pair) derivative() *graph.Node {
	r := p.config.ProbeRadius
	slopes := graph.Add(graph.MulScalar(p.vm, 2), p.vd)
	rise := graph.ConvertDType(graph.Sub(p.lossPlus, p.lossMinus), slopes.DType())
	return graph.MulScalar(graph.Sub(slopes, graph.DivScalar(rise, r)), 3/(2*r*r))
}

// threePointDerivative returns dλ/dv with the clean gradient as the third point: ⟨v, g₊ − 2g + g₋⟩/r².
func (p *pair) threePointDerivative(clean []*graph.Node) *graph.Node {
	r := p.config.ProbeRadius
	two := graph.Scalar(p.vd.Graph(), p.vd.DType(), 2)
	second := paramvec.Sub(paramvec.Add(p.plus, p.minus), paramvec.Scale(two, clean))
	return graph.DivScalar(paramvec.Dot(p.v, second), r*r)
}

// mean tells whether g_adv is the mean of the pair, for MeanOfPair and Explicit. Otherwise it is the gradient on the side with the
// larger loss, SAM's ascent along v.
func (p *pair) mean() bool { return p.config.Side == MeanOfPair || p.config.Correction == Explicit }

// upward tells whether the loss is larger at w + r v.
func (p *pair) upward() *graph.Node { return graph.GreaterOrEqual(p.lossPlus, p.lossMinus) }

// adversarial returns g_adv = g₋ + s·d. So g₊ is not held beside d, which can take its place in memory.
func (p *pair) adversarial() []*graph.Node {
	return paramvec.AddScaled(p.minus, p.side(), p.difference)
}

// side is s: ½ for the mean of the pair, 1 for g₊, 0 for g₋.
func (p *pair) side() *graph.Node {
	if p.mean() {
		return graph.Scalar(p.vd.Graph(), p.vd.DType(), 0.5)
	}
	return graph.ConvertDType(p.upward(), p.vd.DType())
}

// advAlongV is ⟨g_adv, v⟩ for the v of the probes.
func (p *pair) advAlongV() *graph.Node { return graph.Add(p.vm, graph.Mul(p.side(), p.vd)) }

// advAlongProduct is ⟨g_adv, h⟩.
func (p *pair) advAlongProduct() *graph.Node {
	return graph.DivScalar(graph.Add(p.md, graph.Mul(p.side(), p.dd)), 2*p.config.ProbeRadius)
}

// advNorm is ‖g_adv‖ = √(‖g₋‖² + 2s·⟨g₋, d⟩ + s²·‖d‖²).
func (p *pair) advNorm() *graph.Node {
	rest := graph.Add(graph.MulScalar(p.md, 2), graph.Mul(p.side(), p.dd))
	return graph.Sqrt(graph.MaxScalar(graph.Add(p.mm, graph.Mul(p.side(), rest)), 0))
}

// meanNorm is ‖(g₊ + g₋)/2‖ = √(‖g₋‖² + ⟨g₋, d⟩ + ‖d‖²/4).
func (p *pair) meanNorm() *graph.Node {
	square := graph.Add(graph.Add(p.mm, p.md), graph.MulScalar(p.dd, 0.25))
	return graph.Sqrt(graph.MaxScalar(square, 0))
}
