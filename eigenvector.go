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
// nil in all other steps, which use the kept v. Before the first refresh there is no v.
func (s *step) eigenvector(g gradients) ([]*graph.Node, *estimate) {
	switch {
	case s.mark.raw:
		return nil, nil
	case !s.mark.refresh:
		return s.v, nil
	}
	switch s.config.Refresh {
	case RefreshExact:
		return s.refreshExact()
	case RefreshThreePoint:
		lossPlus, plus := s.gradientAt(s.afterPass(s.probe(+1), g.adv))
		lossMinus, minus := s.gradientAt(s.afterPass(s.probe(-1), plus))
		p := s.newPair(lossPlus, plus, lossMinus, minus)
		t, e := s.refreshFrom(p, p.threePointDerivative(g.clean), allFinite(g.loss, lossPlus, lossMinus))
		return t.v, e
	default: // RefreshPair
		p := g.pair
		t, e := s.refreshFrom(p, p.derivative(), allFinite(p.lossPlus, p.lossMinus))
		s.norm, s.alongV = p.advNorm(), t.along(p.advAlongProduct(), p.advAlongV()) // no pass over g_adv
		return t.v, e
	}
}

// refreshFrom makes one step of power iteration with the finite-difference product of a pair,
//
//	h = (g₊ − g₋)/2r ≈ H v,  λ = ⟨v, h⟩,  v' = h/‖h‖,
//
// and orients v' by d3 where the correction needs it. Where the losses are not finite, v is kept.
func (s *step) refreshFrom(p *pair, d3, finite *graph.Node) (turned, *estimate) {
	e := s.measure(p.lambda(), p.off())
	e.d3 = d3
	t := s.turn(s.v, product{p.product(), p.norm(), p.lambda()}, e, finite)
	if s.config.Correction == Oriented {
		t = t.downhill(d3, finite)
	}
	return t, e
}

// refreshExact makes PowerSteps steps of power iteration with exact products of the Hessian at w, on the step's batch with the model
// as in evaluation: running averages in batch norm, no dropout. The sign of v is left as it comes, so a negative λ turns v around with
// every product. So do the authors.
func (s *step) refreshExact() ([]*graph.Node, *estimate) {
	loss := s.objective.EvaluateInference(s.scope, s.g, s.batch).Total
	g, v, finite := graph.Gradient(loss, s.w...), s.v, allFinite(loss)
	var t turned
	var e *estimate
	for range s.config.PowerSteps {
		h := curvature.HVPFromGradient(g, s.w, v)
		lambda := paramvec.Dot(v, h)
		e = s.measure(lambda, paramvec.Norm(paramvec.AddScaled(h, graph.Neg(lambda), v)))
		t = s.turn(v, product{h, paramvec.Norm(h), lambda}, e, finite)
		v = t.v
	}
	if s.config.Correction == Oriented {
		// dλ/dv = ⟨∇(vᵀHv), v⟩ with the new v.
		v = paramvec.StopGradient(v)
		quadratic := paramvec.Dot(v, curvature.HVPFromGradient(g, s.w, v))
		e.d3 = paramvec.Dot(graph.Gradient(quadratic, s.w...), v)
		v = t.downhill(e.d3, finite).v
	}
	return v, e
}

// measure records the Rayleigh quotient λ of v and how far H v is from λv, ‖Hv − λv‖.
func (s *step) measure(lambda, off *graph.Node) *estimate {
	size := graph.Abs(lambda)
	nan := graph.Scalar(s.g, lambda.DType(), math.NaN())
	zero := graph.ScalarZero(s.g, lambda.DType())
	sigma := s.state.sigma()
	return &estimate{
		lambda:   lambda,
		residual: graph.Where(graph.GreaterThan(size, zero), graph.Div(off, size), nan),
		d3:       nan,
		sigma:    graph.Where(graph.IsFinite(size), graph.Max(sigma, size), sigma),
	}
}

// product is h ≈ H v with ‖h‖ and ⟨v, h⟩.
type product struct {
	h            []*graph.Node
	norm, alongV *graph.Node
}

// turned is a new v, and how it came about:
//
//	sign·scale·(h + σv)   where that is usable, scale being ±1/‖h + σv‖
//	sign·v                elsewhere
type turned struct {
	v                   []*graph.Node
	usable, scale, sign *graph.Node
	shift               *graph.Node // σ; nil for 0, which it is without Config.Shift
}

// turn returns v' = h/‖h‖, or v itself where ‖h‖ is 0 or not finite or the losses are not finite. With Config.Shift it is h + σv that
// is normalised. From a pair v' gets the sign of v; from exact products its sign is left as it comes.
func (s *step) turn(v []*graph.Node, p product, e *estimate, finite *graph.Node) turned {
	t := turned{}
	if s.config.Shift {
		t.shift = e.sigma
		p.h = paramvec.AddScaled(p.h, e.sigma, v)
		p.norm, p.alongV = paramvec.Norm(p.h), paramvec.Dot(v, p.h)
	}
	zero := graph.ScalarZero(s.g, p.norm.DType())
	t.usable = graph.And(finite, graph.And(graph.IsFinite(p.norm), graph.GreaterThan(p.norm, zero)))
	t.scale = ratio(1, p.norm)
	if s.config.Refresh != RefreshExact {
		t.scale = graph.Where(graph.LessThan(p.alongV, zero), graph.Neg(t.scale), t.scale)
	}
	t.sign = graph.OnesLike(t.scale)
	t.v = paramvec.Where(t.usable, paramvec.Scale(t.scale, p.h), v)
	return t
}

// downhill turns v around where d3 = dλ/dv > 0, so that λ falls along it.
func (t turned) downhill(d3, finite *graph.Node) turned {
	zero, one := graph.ScalarZero(d3.Graph(), d3.DType()), graph.ScalarOne(d3.Graph(), d3.DType())
	uphill := graph.And(graph.GreaterThan(d3, zero), graph.And(graph.IsFinite(d3), finite))
	sign := graph.Where(uphill, graph.Neg(one), one)
	t.sign, t.v = graph.Mul(t.sign, sign), paramvec.Scale(sign, t.v)
	return t
}

// along returns ⟨g, v⟩ for a vector g from h = ⟨g, h⟩ and before = ⟨g, v before⟩.
func (t turned) along(h, before *graph.Node) *graph.Node {
	if t.shift != nil {
		h = graph.Add(h, graph.Mul(t.shift, before))
	}
	return graph.Mul(t.sign, graph.Where(t.usable, graph.Mul(t.scale, h), before))
}

func allFinite(scalars ...*graph.Node) *graph.Node {
	all := graph.IsFinite(scalars[0])
	for _, x := range scalars[1:] {
		all = graph.And(all, graph.IsFinite(x))
	}
	return all
}
