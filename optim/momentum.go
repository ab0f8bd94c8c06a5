package optim

import "github.com/gomlx/gomlx/ml/model"

// withMomentum is an optimizer that says where it keeps the momentum m of a variable.
type withMomentum interface {
	MomentumOf(store *model.Store, v *model.Variable) *model.Variable
	KeepsMomentum() bool
}

// KeepsMomentum tells whether the momentum is above 0.
func (o *sgd) KeepsMomentum() bool { return o.momentum > 0 }

// MomentumOf returns the variable that holds m for v, created with zeros on first use.
func (o *sgd) MomentumOf(store *model.Store, v *model.Variable) *model.Variable {
	return momentumOf(store, v, workingDType(v.DType()))
}

// A clipped or scheduled optimizer keeps the momentum that its base keeps.

func (c *clip) KeepsMomentum() bool      { return keepsMomentum(c.base) }
func (s *scheduled) KeepsMomentum() bool { return keepsMomentum(s.base) }

func (c *clip) MomentumOf(store *model.Store, v *model.Variable) *model.Variable {
	return c.base.(withMomentum).MomentumOf(store, v)
}

func (s *scheduled) MomentumOf(store *model.Store, v *model.Variable) *model.Variable {
	return s.base.(withMomentum).MomentumOf(store, v)
}

func keepsMomentum(base Optimizer) bool {
	m, ok := base.(withMomentum)
	return ok && m.KeepsMomentum()
}
