package optim

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Optimizer is an optimizer that also takes its gradients ready-made: one for each trainable variable, in the order of
// scope.IterVariables(). GoMLX's Adam, AdamW and SGD are such optimizers too.
type Optimizer interface {
	optimizer.Interface
	train.OptimizeWithGradients
}

// takesGradients returns base as an Optimizer. It panics, in the name of the wrapper who, when base does not take
// gradients.
func takesGradients(who string, base optimizer.Interface) Optimizer {
	o, ok := base.(Optimizer)
	if !ok {
		exceptions.Panicf("optim: %s: base optimizer is a %T, which does not take gradients: "+
			"want one with UpdateGraphWithGradients, such as optim.SGD or GoMLX's Adam", who, base)
	}
	return o
}

// trainables returns the variables that g trains, in the order in which their gradients are passed around.
func trainables(scope *model.Scope, g *graph.Graph) []*model.Variable {
	var vs []*model.Variable
	for v := range scope.IterVariables() {
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		if !v.DType().IsFloat() {
			exceptions.Panicf("optim: trainable variable %s has type %s, which has no gradient: call "+
				"SetTrainable(false) on it before building the graph, every time "+
				"(GoMLX forgets it when it restores a checkpoint)",
				v.Path(), v.DType())
		}
		vs = append(vs, v)
	}
	return vs
}

// gradientOf returns ∇loss, one node for each trainable variable. loss must be a scalar.
func gradientOf(scope *model.Scope, g *graph.Graph, loss *graph.Node) []*graph.Node {
	if !loss.Shape().IsScalar() {
		exceptions.Panicf("optim: the loss has shape %s: want a scalar", loss.Shape())
	}
	holdRandomState(scope.Store())
	vs := trainables(scope, g)
	if len(vs) == 0 {
		exceptions.Panicf("optim: the graph of the loss uses no trainable variable: there is nothing to optimize")
	}
	w := make([]*graph.Node, len(vs))
	for i, v := range vs {
		w[i] = v.NodeValue(g)
	}
	return graph.Gradient(loss, w...)
}

// holdRandomState keeps the random state from being trained: a restored checkpoint brings it back as trainable.
func holdRandomState(store *model.Store) {
	if v := store.GetVariable(model.JoinPath(model.RootScopePath, model.RNGStateVariableName)); v != nil {
		v.SetTrainable(false)
	}
}

// graphOf returns the graph of the gradients. It panics, in the name of the optimizer who, when there are none.
func graphOf(who string, gradients []*graph.Node) *graph.Graph {
	if len(gradients) == 0 {
		exceptions.Panicf("optim: %s got no gradients: want one for every trainable variable, at least one", who)
	}
	return gradients[0].Graph()
}

// workingDType is the type in which a value of type dtype is computed with: float32 for half precision, else itself.
func workingDType(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

// as converts x to dtype.
func as(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() == dtype {
		return x
	}
	return graph.ConvertDType(x, dtype)
}
