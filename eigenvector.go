package xsam

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// direction is v, with ‖g_adv‖ and c = ⟨g_adv, v⟩.
type direction struct {
	v        []*graph.Node // nil where there is none
	norm     *graph.Node   // ‖g_adv‖
	c        *graph.Node   // ⟨g_adv, v⟩; NaN without v
	estimate *estimate     // what a refresh has found; nil in all other steps
}

// estimate is what one refresh says about the curvature along v. All are scalar nodes.
type estimate struct {
	lambda   *graph.Node // vᵀHv for the v that the product was taken with
	residual *graph.Node // ‖Hv − λv‖/|λ|, NaN where λ = 0
	d3       *graph.Node // dλ/dv, the third derivative of s ↦ L(w + s v) at 0; NaN where it was not needed
	sigma    *graph.Node // the largest |λ| seen so far
}

// eigenvector returns the v with which this step corrects: estimated anew in a refresh, else the kept one. Before the
// first refresh there is none.
func (s *step) eigenvector(g gradients) direction {
	d := direction{norm: paramvec.Norm(g.adv)}
	switch {
	case s.mark.raw || s.v == nil:
		d.c = graph.Scalar(s.g, d.norm.DType(), math.NaN())
		return d
	case s.mark.refresh:
		d.v, d.estimate = s.refresh(g)
	default:
		d.v = s.v
	}
	d.c = paramvec.Dot(d.v, g.adv)
	return d
}

// refresh estimates v and λ, on the step's batch at w.
func (s *step) refresh(g gradients) ([]*graph.Node, *estimate) {
	switch s.config.By {
	case ByExact:
		return s.exact()
	case ByThreePoint:
		plus := s.passAt(inOrder(s.onSide(+1), pass{gradient: g.adv}))
		p := s.newPair(plus, s.passAt(inOrder(s.onSide(-1), plus)))
		return s.refreshFrom(p, p.threePointDerivative(g.clean))
	default: // ByPair
		return s.refreshFrom(g.pair, g.pair.derivative())
	}
}

// refreshFrom makes one step of power iteration with the finite-difference product of a pair,
//
//	h = (g₊ − g₋)/2r ≈ H v,  λ = ⟨v, h⟩,  v' = h/‖h‖,
//
// and turns v' by the old v, and by d3 where the correction needs it. Where the losses are not finite, v is kept.
func (s *step) refreshFrom(p *pair, d3 *graph.Node) ([]*graph.Node, *estimate) {
	e := s.measure(s.v, p.h, p.lambda, s.state.sigma())
	e.d3 = d3
	v := s.powerStep(s.v, p.h, e, p.finite())
	v = flip(graph.LessThan(paramvec.Dot(v, s.v), graph.ScalarZero(s.g, p.lambda.DType())), v)
	return s.downhill(v, d3, p.finite()), e
}

// exact is refreshExact, kept for a second call: an ascent that leans towards v needs it before there is g_adv.
func (s *step) exact() ([]*graph.Node, *estimate) {
	if s.exactly == nil {
		v, e := s.refreshExact()
		s.exactly = &direction{v: v, estimate: e}
	}
	return s.exactly.v, s.exactly.estimate
}

// refreshExact makes PowerSteps steps of power iteration with exact products of the Hessian at w, on the step's batch
// with the model as in evaluation: running averages in batch norm, no dropout. The sign of v is left as it comes, so
// a negative λ turns v around with every product. So do the authors.
func (s *step) refreshExact() ([]*graph.Node, *estimate) {
	forward.SetPoint(s.vars, s.start) // the trainer's own pass may have been elsewhere
	loss := s.objective.EvaluateInference(s.scope, s.g, s.batch).Total
	w := forward.Point(s.g, s.vars)
	g, v, finite := graph.Gradient(loss, w...), s.v, allFinite(loss)
	e := &estimate{sigma: s.state.sigma()}
	for range s.config.PowerSteps {
		h := paramvec.Wide(curvature.HVPFromGradient(g, w, v))
		e = s.measure(v, h, paramvec.Dot(v, h), e.sigma)
		v = s.powerStep(v, h, e, finite)
	}
	if s.config.Form == Oriented {
		// dλ/dv = ⟨∇(vᵀHv), v⟩ with the new v.
		v = paramvec.StopGradient(v)
		quadratic := paramvec.Dot(v, curvature.HVPFromGradient(g, w, v))
		e.d3 = paramvec.Dot(graph.Gradient(quadratic, w...), v)
	}
	return s.downhill(v, e.d3, finite), e
}

// measure records the Rayleigh quotient λ of v and the residual of the product h = H v. sigma is the largest |λ|
// before.
func (s *step) measure(v, h []*graph.Node, lambda, sigma *graph.Node) *estimate {
	size := graph.Abs(lambda)
	nan := graph.Scalar(s.g, lambda.DType(), math.NaN())
	zero := graph.ScalarZero(s.g, lambda.DType())
	off := paramvec.Norm(paramvec.AddScaled(h, graph.Neg(lambda), v)) // ‖Hv − λv‖
	return &estimate{
		lambda:   lambda,
		residual: graph.Where(graph.GreaterThan(size, zero), graph.Div(off, size), nan),
		d3:       nan,
		sigma:    graph.Where(graph.IsFinite(size), graph.Max(sigma, size), sigma),
	}
}

// powerStep returns v' = h/‖h‖, or v itself where ‖h‖ is 0 or not finite or the losses are not finite. With
// Refresh.Shift it is h + σv that is normalised, with σ = 1.5 times the largest |λ|. With σ = |λ| a negative λ would
// take all of v away, and leave a v' orthogonal to it whose sign is rounding.
func (s *step) powerStep(v, h []*graph.Node, e *estimate, finite *graph.Node) []*graph.Node {
	if s.config.Shift {
		h = paramvec.AddScaled(h, graph.MulScalar(e.sigma, 1.5), v)
	}
	norm := paramvec.Norm(h)
	usable := graph.And(finite, graph.And(graph.IsFinite(norm), graph.GreaterThan(norm, graph.ScalarZero(s.g,
		norm.DType()))))
	return paramvec.Where(usable, paramvec.Scale(ratio(1, norm), h), v)
}

// downhill turns v so that λ falls along it, where the form of the correction asks for that: around where d3 = dλ/dv
// > 0.
func (s *step) downhill(v []*graph.Node, d3, finite *graph.Node) []*graph.Node {
	if s.config.Form != Oriented {
		return v
	}
	uphill := graph.GreaterThan(d3, graph.ScalarZero(s.g, d3.DType()))
	return flip(graph.And(uphill, graph.And(graph.IsFinite(d3), finite)), v)
}

// flip returns −v where the condition holds, else v.
func flip(condition *graph.Node, v []*graph.Node) []*graph.Node {
	one := graph.ScalarOne(condition.Graph(), paramvec.DType(v))
	return paramvec.Scale(graph.Where(condition, graph.Neg(one), one), v)
}

func allFinite(scalars ...*graph.Node) *graph.Node {
	all := graph.IsFinite(scalars[0])
	for _, x := range scalars[1:] {
		all = graph.And(all, graph.IsFinite(x))
	}
	return all
}
