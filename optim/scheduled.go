package optim

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Scheduled returns base with the learning rate lr·s.Factor(t) at step t = 0, 1, 2, … (lr > 0). It replaces whatever
// learning rate base was configured with; base's own decay with the step, where it has one, comes on top (GoMLX's
// StochasticGradientDescent has one unless it is told WithDecay(false)).
//
// The rate of the latest step is in GoMLX's variable /optimizers/learning_rate. The step is GoMLX's global step, which base
// counts, so Scheduled keeps no state and a resumed run goes on where it was.
//
// The rate has the type of the loss, or float32 when the loss is in half precision; base takes it for the type of the
// loss. With Adam().DType(d), d must be that type: GoMLX reports a variable of another shape otherwise.
//
// Scheduled panics when lr is not a finite positive number, and when base does not take gradients.
func Scheduled(base optimizer.Interface, lr float64, s Schedule) Optimizer {
	if !(lr > 0 && lr <= math.MaxFloat64) {
		exceptions.Panicf("optim: Scheduled with a learning rate of %v: want a finite number > 0", lr)
	}
	return &scheduled{takesGradients("Scheduled", base), lr, s}
}

type scheduled struct {
	base     Optimizer
	lr       float64
	schedule Schedule
}

// UpdateGraph implements optimizer.Interface.
func (s *scheduled) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	s.UpdateGraphWithGradients(scope, gradientOf(scope, g, loss), loss.DType())
}

// UpdateGraphWithGradients implements train.OptimizeWithGradients.
func (s *scheduled) UpdateGraphWithGradients(scope *model.Scope, gradients []*graph.Node, lossDType dtypes.DType) {
	g, dtype := graphOf("Scheduled", gradients), workingDType(lossDType)
	step := graph.ConvertDType(optimizer.GetGlobalStepVar(scope).NodeValue(g), dtype)
	rate := graph.MulScalar(s.schedule.FactorGraph(step), s.lr)
	optimizer.LearningRateVar(scope, dtype, s.lr).SetNodeValue(rate)
	s.base.UpdateGraphWithGradients(scope, gradients, dtype)
}

// Clear implements optimizer.Interface.
func (s *scheduled) Clear(scope *model.Scope) error { return s.base.Clear(scope) }
