package xsam

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
)

// MSAMConfig is SAM whose ascent goes along the momentum m of the base optimizer, which is there before the step
// begins:
//
//	ε = ρ m/‖m‖,  g_adv = ∇L(w + ε)
//
// One gradient a step. m is that of package optim's SGD, m ← μ·m + g̃ + λ·w, so the first step, whose m is 0, is
// plain. The loss that is reported is that at w + ε.
//
// Reference: Becker, Altrock, Risse (2024), "Momentum-SAM: Sharpness Aware Minimization without Computational
// Overhead".
func MSAMConfig() Config { return Config{Ascent: Ascent{Rho: 0.05, Every: 1, Along: AlongMomentum}} }

// withMomentum is a base optimizer that says where it keeps the momentum of a variable: in a variable of the store,
// or nil if it keeps none.
type withMomentum interface {
	MomentumOf(store *model.Store, v *model.Variable) *model.Variable
	KeepsMomentum() bool
}

// checkMomentum reports that a base has no momentum to ascend along.
func checkMomentum(b base, c Config) error {
	m, ok := b.(withMomentum)
	if c.Along == AlongMomentum && !(ok && m.KeepsMomentum()) {
		return fmt.Errorf("xsam: base optimizer %T keeps no momentum that Ascent.Along = AlongMomentum could go along: "+
			"want optim.SGD(...).Momentum(0.9)", b)
	}
	return nil
}

// momentum returns m.
func (o *Optimizer) momentum(store *model.Store, g *graph.Graph, vars []*model.Variable) []*graph.Node {
	kept := make([]*model.Variable, len(vars))
	for i, v := range vars {
		kept[i] = o.base.(withMomentum).MomentumOf(store, v)
	}
	return forward.Point(g, kept)
}
