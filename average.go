package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// FSAMConfig is friendly SAM, with ρ = 0.05: the ascent goes along what is special to the batch, its gradient less the
// running average ḡ of the gradients before it,
//
//	d = g − σ ḡ,  ε = ρ d/‖d‖,  then ḡ ← λ ḡ + (1 − λ) g, and ḡ ← g in the first step
//
// with σ = 1 and λ = 0.9, the defaults of the authors' code, whose order and whose first step these are. Two gradients
// a step. With σ = 0 it is SAM, bit for bit.
//
// Reference: Li, Zhou, He, Cheng, Huang (2024), "Friendly Sharpness-Aware Minimization", arXiv:2403.12350, and its
// authors' code.
func FSAMConfig() Config {
	c := SAMConfig()
	c.Less, c.Decay = 1, 0.9
	return c
}

// lessAverage returns d = g − σ ḡ; before the first average ḡ is 0.
func (a ascent) lessAverage(g []*graph.Node) []*graph.Node {
	if a.config.Less == 0 {
		return g
	}
	average := forward.Point(g[0].Graph(), a.home.vectors(a.vars, averageName))
	return paramvec.AddScaled(g, graph.Scalar(g[0].Graph(), paramvec.DType(g), -a.config.Less), average)
}

// keepAverage takes the clean gradient of the step into ḡ, if it is finite; in a pair step the mean of the pair.
func (s *step) keepAverage(g gradients) {
	if s.config.Less == 0 || s.mark.off {
		return
	}
	kept, clean := s.home.vectors(s.vars, averageName), g.cleanGradient()
	old := forward.Point(s.g, kept)
	decay := graph.Scalar(s.g, paramvec.DType(clean), s.config.Decay)
	before := paramvec.Norm(old)
	decay = graph.Where(graph.GreaterThan(before, graph.ZerosLike(before)), decay, graph.ZerosLike(decay))
	next := paramvec.AddScaled(paramvec.Scale(decay, old), graph.OneMinus(decay), clean)
	finite := graph.IsFinite(paramvec.Norm(next))
	forward.SetPoint(kept, paramvec.Like(old, paramvec.Where(finite, next, old)))
}

func averageName(v *model.Variable) string { return model.JoinPath("average", v.Path()) }
