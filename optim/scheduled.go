package optim

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Scheduled returns base with a learning rate that follows a schedule. With lr the rate that base was made with, step
// t = 0, 1, 2, … has the rate
//
//	lr·s.Factor(t)
//
// t is GoMLX's global step, which base counts: Scheduled keeps no state, and a resumed run goes on where it was. The
// rate of the latest step is in GoMLX's variable /optimizers/learning_rate. Where base has a decay of its own it
// comes on top; GoMLX's StochasticGradientDescent has one unless it is told WithDecay(false).
//
// The rate has the type of the loss, or float32 when the loss is in half precision; base takes it for the type of the
// loss. With Adam().DType(d), d must be that type: GoMLX reports a variable of another shape otherwise.
//
// Scheduled panics when base does not take gradients. Building the first step panics when base does not read its rate
// from /optimizers/learning_rate, as SGD and GoMLX's optimizers do, or when its rate is not a finite number > 0.
func Scheduled(base optimizer.Interface, s Schedule) Optimizer {
	return &scheduled{takesGradients("Scheduled", base), s}
}

type scheduled struct {
	base     Optimizer
	schedule Schedule
}

// UpdateGraph implements optimizer.Interface.
func (s *scheduled) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	s.UpdateGraphWithGradients(scope, gradientOf(scope, g, loss), loss.DType())
}

// UpdateGraphWithGradients implements train.OptimizeWithGradients.
func (s *scheduled) UpdateGraphWithGradients(scope *model.Scope, gradients []*graph.Node, lossDType dtypes.DType) {
	g, dtype := graphOf("Scheduled", gradients), workingDType(lossDType)
	lr := rateOf(g.Backend(), scope, s.base)
	step := graph.ConvertDType(optimizer.GetGlobalStepVar(scope).NodeValue(g), dtype)
	rate := graph.MulScalar(s.schedule.FactorGraph(step), lr)
	optimizer.LearningRateVar(scope, dtype, lr).SetNodeValue(rate)
	s.base.UpdateGraphWithGradients(scope, gradients, dtype)
}

// Clear implements optimizer.Interface.
func (s *scheduled) Clear(scope *model.Scope) error { return s.base.Clear(scope) }

// rateOf returns the learning rate that base was made with, or that it takes from GoMLX's hyperparameter
// "learning_rate". Optimizers do not expose it, but they write it to a store that has none yet. So base updates a
// single number in a store and a graph that are thrown away without being compiled.
func rateOf(b compute.Backend, scope *model.Scope, base Optimizer) float64 {
	store := model.NewStore()
	defer store.Finalize()
	if lr, found := scope.GetParam(optimizer.ParamLearningRate); found {
		store.SetParam(optimizer.ParamLearningRate, lr)
	}
	g := graph.NewGraph(b, "learning rate")
	defer g.Finalize()
	model.SetStore(g, store)
	w := store.RootScope().VariableWithValue("w", 1.0).NodeValue(g)
	base.UpdateGraphWithGradients(store.RootScope(), []*graph.Node{w}, dtypes.Float64)

	v := store.GetVariable(model.JoinPath(model.RootScopePath, optimizer.Scope, optimizer.ParamLearningRate))
	if v == nil {
		exceptions.Panicf("optim: Scheduled: base optimizer %T does not read its learning rate from the variable "+
			"/optimizers/learning_rate: want one that does, such as optim.SGD or GoMLX's Adam", base)
	}
	var lr float64
	switch x := v.MustValue().Value().(type) {
	case float64:
		lr = x
	case float32: // of GoMLX's Adam that was told to work in it
		lr = float64(x)
	default:
		exceptions.Panicf("optim: Scheduled: base optimizer %T has a learning rate of type %T: want float32 or float64",
			base, x)
	}
	if !(lr > 0 && lr <= math.MaxFloat64) {
		exceptions.Panicf("optim: Scheduled: the learning rate of the base optimizer is %v: want a finite number > 0",
			lr)
	}
	return lr
}
