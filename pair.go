package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// pair is what a batch says of the loss along v: losses and gradients at w + r v and at w − r v. With both it has
// seen the curvature along v and its derivative, and the ascent along v besides.
type pair struct {
	plus, minus pass
	v           []*graph.Node
	r           *graph.Node
	mean        bool // g_adv is the mean of the pair

	h      []*graph.Node // (g₊ − g₋)/2r ≈ H v
	lambda *graph.Node   // ⟨v, h⟩
}

func (s *step) newPair(plus, minus pass) *pair {
	p := &pair{plus: plus, minus: minus, v: s.v, r: s.radius(), mean: s.config.Side == MeanOfPair ||
		s.config.Form == Explicit}
	difference := paramvec.Sub(plus.gradient, minus.gradient)
	p.h = paramvec.Scale(graph.Reciprocal(graph.MulScalar(p.r, 2)), difference)
	p.lambda = paramvec.Dot(s.v, p.h)
	return p
}

// derivative is dλ/dv = 3/(2r²)·(⟨v, g₊ + g₋⟩ − (L₊ − L₋)/r), from the pair alone.
func (p *pair) derivative() *graph.Node {
	slopes := paramvec.Dot(p.v, paramvec.Add(p.plus.gradient, p.minus.gradient))
	rise := graph.ConvertDType(graph.Sub(p.plus.loss, p.minus.loss), slopes.DType())
	change := graph.Sub(slopes, graph.Div(rise, p.r))
	return graph.Div(graph.MulScalar(change, 1.5), graph.Square(p.r))
}

// threePointDerivative is dλ/dv = ⟨v, g₊ − 2g + g₋⟩/r², with the clean gradient g as the third point.
func (p *pair) threePointDerivative(clean []*graph.Node) *graph.Node {
	two := graph.Scalar(p.lambda.Graph(), p.lambda.DType(), 2)
	second := paramvec.Sub(paramvec.Add(p.plus.gradient, p.minus.gradient), paramvec.Scale(two, clean))
	return graph.Div(paramvec.Dot(p.v, second), graph.Square(p.r))
}

// cleanLoss estimates L(w) ≈ (L₊ + L₋)/2 − r²λ/2, an error of order r⁴. It has no part in the update.
func (p *pair) cleanLoss() *graph.Node {
	mean := graph.MulScalar(graph.Add(p.plus.loss, p.minus.loss), 0.5)
	return graph.Sub(mean, graph.ConvertDType(graph.MulScalar(graph.Mul(p.lambda, graph.Square(p.r)), 0.5), mean.DType()))
}

// adversarial is g_adv: the gradient on the side with the larger loss, SAM's ascent along v, or the mean of the pair.
func (p *pair) adversarial() []*graph.Node {
	if p.mean {
		return p.meanGradient()
	}
	return paramvec.Where(graph.GreaterOrEqual(p.plus.loss, p.minus.loss), p.plus.gradient, p.minus.gradient)
}

// meanGradient is (g₊ + g₋)/2, which is ∇L(w) but for an error of order r².
func (p *pair) meanGradient() []*graph.Node {
	half := graph.Scalar(p.lambda.Graph(), p.lambda.DType(), 0.5)
	return paramvec.Scale(half, paramvec.Add(p.plus.gradient, p.minus.gradient))
}

// finite tells whether both losses are.
func (p *pair) finite() *graph.Node { return allFinite(p.plus.loss, p.minus.loss) }
