package xsam

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// estimate is what one refresh says about the curvature along v. All are scalar nodes.
type estimate struct {
	lambda   *graph.Node // vᵀHv for the v that the product was taken with
	residual *graph.Node // ‖Hv − λv‖/|λ|, NaN where λ = 0
	d3       *graph.Node // dλ/dv, the third derivative of s ↦ L(w + s v) at 0; NaN where it was not needed
	sigma    *graph.Node // the largest |λ| seen so far
}

// eigenvector returns the v with which this step corrects, and, in a refresh, what was learnt of it; the estimate is
// nil in all other steps, which use the kept v.
func (s *step) eigenvector(g gradients) ([]*graph.Node, *estimate) {
	if !s.mark.refresh {
		return s.v, nil
	}
	switch s.config.Refresh {
	case RefreshExact:
		return s.refreshExact(g)
	case RefreshThreePoint:
		p := &pair{}
		p.lossPlus, p.plus = s.gradientAt(inOrder(s.probe(+1), g.adv, g.loss))
		p.lossMinus, p.minus = s.gradientAt(inOrder(s.probe(-1), p.plus, p.lossPlus))
		return s.refreshFrom(p, p.threePointDerivative(s, g.clean), allFinite(g.loss, p.lossPlus, p.lossMinus))
	default: // RefreshPair
		return s.refreshFrom(g.pair, g.pair.derivative(s), allFinite(g.pair.lossPlus, g.pair.lossMinus))
	}
}

// refreshFrom makes one step of power iteration with the finite-difference product of a pair,
//
//	h = (g₊ − g₋)/2r ≈ H v,  λ = ⟨v, h⟩,  v' = h/‖h‖,
//
// and orients v' by d3 where the correction needs it. Where the losses are not finite, v is kept.
func (s *step) refreshFrom(p *pair, d3, finite *graph.Node) ([]*graph.Node, *estimate) {
	h := p.product(s)
	e := s.measure(s.v, h)
	e.d3 = d3
	v := s.turn(s.v, h, e, finite)
	if s.config.Correction == Oriented {
		v = turnDownhill(v, d3, finite)
	}
	return v, e
}

// refreshExact makes PowerSteps steps of power iteration with exact products at w, as published.
func (s *step) refreshExact(g gradients) ([]*graph.Node, *estimate) {
	v, finite := s.v, allFinite(g.loss)
	var e *estimate
	for range s.config.PowerSteps {
		h := curvature.HVPFromGradient(g.clean, s.w, v)
		e = s.measure(v, h)
		v = s.turn(v, h, e, finite)
	}
	if s.config.Correction == Oriented {
		// dλ/dv = ⟨∇(vᵀHv), v⟩ with the new v.
		v = paramvec.StopGradient(v)
		quadratic := paramvec.Dot(v, curvature.HVPFromGradient(g.clean, s.w, v))
		e.d3 = paramvec.Dot(graph.Gradient(quadratic, s.w...), v)
		v = turnDownhill(v, e.d3, finite)
	}
	return v, e
}

// measure returns the Rayleigh quotient of v and its residual, given h ≈ H v.
func (s *step) measure(v, h []*graph.Node) *estimate {
	lambda := paramvec.Dot(v, h)
	size := graph.Abs(lambda)
	nan := graph.Scalar(s.g, lambda.DType(), math.NaN())
	zero := graph.ScalarZero(s.g, lambda.DType())
	off := paramvec.Norm(paramvec.AddScaled(h, graph.Neg(lambda), v))
	sigma := s.state.sigma()
	return &estimate{
		lambda:   lambda,
		residual: graph.Where(graph.GreaterThan(size, zero), graph.Div(off, size), nan),
		d3:       nan,
		sigma:    graph.Where(graph.IsFinite(size), graph.Max(sigma, size), sigma),
	}
}

// turn returns v' = h/‖h‖ with the sign of v, or v itself where ‖h‖ is 0 or not finite or the losses are not finite. With
// Config.Shift it is h + σv that is normalised.
func (s *step) turn(v, h []*graph.Node, e *estimate, finite *graph.Node) []*graph.Node {
	if s.config.Shift {
		h = paramvec.AddScaled(h, e.sigma, v)
	}
	norm := paramvec.Norm(h)
	zero := graph.ScalarZero(s.g, norm.DType())
	usable := graph.And(finite, graph.And(graph.IsFinite(norm), graph.GreaterThan(norm, zero)))
	inverse := lengthOver(1, norm)
	aligned := graph.Where(graph.LessThan(paramvec.Dot(v, h), zero), graph.Neg(inverse), inverse)
	return paramvec.Where(usable, paramvec.Scale(aligned, h), v)
}

// turnDownhill returns v, or −v where d3 = dλ/dv > 0, so that λ falls along the result.
func turnDownhill(v []*graph.Node, d3, finite *graph.Node) []*graph.Node {
	zero, one := graph.ScalarZero(d3.Graph(), d3.DType()), graph.ScalarOne(d3.Graph(), d3.DType())
	uphill := graph.And(graph.GreaterThan(d3, zero), graph.And(graph.IsFinite(d3), finite))
	return paramvec.Scale(graph.Where(uphill, graph.Neg(one), one), v)
}

func allFinite(scalars ...*graph.Node) *graph.Node {
	all := graph.IsFinite(scalars[0])
	for _, x := range scalars[1:] {
		all = graph.And(all, graph.IsFinite(x))
	}
	return all
}

// derivative returns dλ/dv from the pair alone: 3/(2r²)·(⟨v, g₊ + g₋⟩ − (L₊ − L₋)/r).
func (p *pair) derivative(s *step) *graph.Node {
	r := s.config.ProbeRadius
	slopes := paramvec.Dot(s.v, paramvec.Add(p.plus, p.minus))
	rise := graph.ConvertDType(graph.Sub(p.lossPlus, p.lossMinus), slopes.DType())
	return graph.MulScalar(graph.Sub(slopes, graph.DivScalar(rise, r)), 3/(2*r*r))
}

// threePointDerivative returns dλ/dv with the clean gradient as the third point: ⟨v, g₊ − 2g + g₋⟩/r².
func (p *pair) threePointDerivative(s *step, clean []*graph.Node) *graph.Node {
	r := s.config.ProbeRadius
	two := graph.Scalar(s.g, paramvec.DType(clean), 2)
	second := paramvec.Sub(paramvec.Add(p.plus, p.minus), paramvec.Scale(two, clean))
	return graph.DivScalar(paramvec.Dot(s.v, second), r*r)
}
