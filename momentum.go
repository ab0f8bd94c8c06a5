package xsam

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// MSAMConfig is SAM whose perturbation goes the way the momentum m of the base optimizer moves w, which is there before
// the step begins:
//
//	ε = −ρ m/‖m‖,  g_adv = ∇L(w + ε)
//
// m is an average of gradients and the base moves w along −m, so this looks ahead, as Nesterov's method does, but by ρ.
// One gradient a step. m is that of package optim's SGD, m ← μ·m + g̃ + λ·w, so the first step, whose m is 0, is plain.
// The loss that is reported is that at w + ε.
//
// Deviations: λ·w, the weight decay, is taken at w, by the authors' code at w + ε. ρ is SAM's 0.05; its authors use
// larger ones. Adam and AdamW have no momentum here that an ascent could go along.
//
// Reference: Becker, Altrock, Risse (2024), "Momentum-SAM: Sharpness Aware Minimization without Computational
// Overhead", arXiv:2401.12033.
func MSAMConfig() Config { return Config{Ascent: Ascent{Rho: 0.05, Every: 1, Along: AlongMotion}} }

// withMomentum is a base optimizer that says where it keeps the momentum of a variable: in a variable of the store,
// or nil if it keeps none.
type withMomentum interface {
	MomentumOf(store *model.Store, v *model.Variable) *model.Variable
	KeepsMomentum() bool
}

// checkMomentum reports that a base has no momentum to ascend along.
func checkMomentum(b base, c Config) error {
	m, ok := b.(withMomentum)
	if c.Ascent.byMomentum() && !(ok && m.KeepsMomentum()) {
		return fmt.Errorf("xsam: base optimizer %T keeps no momentum that Ascent.Along = %v could go along: "+
			"want optim.SGD(...).Momentum(0.9)", b, c.Along)
	}
	return nil
}

// momentum returns what such ascents have in the place of the gradient: m, or −m along the motion.
func (o *Optimizer) momentum(store *model.Store, g *graph.Graph, vars []*model.Variable) []*graph.Node {
	kept := make([]*model.Variable, len(vars))
	for i, v := range vars {
		kept[i] = o.base.(withMomentum).MomentumOf(store, v)
	}
	m := forward.Point(g, kept)
	if o.config.Along == AlongMotion {
		m = paramvec.Scale(graph.Scalar(g, paramvec.DType(m), -1), m)
	}
	return m
}
