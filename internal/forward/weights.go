package forward

import (
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Trainables returns the trainable floating-point variables that g uses, sorted by path. It panics when there are none.
// Those of another type, as a counter that the model moves, are set to be not trainable: base optimizers would want a
// gradient of each.
//
// The order does not depend on how the store got its variables (a restored checkpoint has its own order), so that sums
// over them are the same to the bit. InStoreOrder puts their gradients into the order that base optimizers expect.
func Trainables(scope *model.Scope, g *graph.Graph) []*model.Variable {
	vs := trainablesOfStore(scope, g)
	slices.SortFunc(vs, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return vs
}

// InStoreOrder returns x, one node for each of the variables vs that Trainables returned, in the order of the store.
func InStoreOrder(scope *model.Scope, g *graph.Graph, vs []*model.Variable, x []*graph.Node) []*graph.Node {
	of := make(map[*model.Variable]*graph.Node, len(vs))
	for i, v := range vs {
		of[v] = x[i]
	}
	var ordered []*graph.Node
	for _, v := range trainablesOfStore(scope, g) {
		ordered = append(ordered, of[v])
	}
	return ordered
}

func trainablesOfStore(scope *model.Scope, g *graph.Graph) []*model.Variable {
	var vs []*model.Variable
	for v := range scope.IterVariables() {
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		if v.DType().IsComplex() {
			exceptions.Panicf("objective: parameter %s is complex (%s): want real parameters, its real and its imaginary part "+
				"as one each", v.Path(), v.Shape())
		}
		if !v.DType().IsFloat() {
			v.SetTrainable(false)
			continue
		}
		vs = append(vs, v)
	}
	if len(vs) == 0 {
		exceptions.Panicf("objective: the model has no trainable variables: there is nothing to optimize")
	}
	return vs
}

// Point returns the current node values of the variables: the point w at which the loss is built next.
func Point(g *graph.Graph, vs []*model.Variable) []*graph.Node {
	w := make([]*graph.Node, len(vs))
	for i, v := range vs {
		w[i] = v.NodeValue(g)
	}
	return w
}

// Origin returns the values with which the variables entered the graph, wherever they have been moved since.
func Origin(g *graph.Graph, vs []*model.Variable) []*graph.Node {
	w := make([]*graph.Node, len(vs))
	for i, v := range vs {
		w[i] = g.GetParameterByName(v.Path())
	}
	return w
}

// SetPoint moves the variables to w: the loss is built there until they are moved again.
func SetPoint(vs []*model.Variable, w []*graph.Node) {
	for i, v := range vs {
		v.SetNodeValue(w[i])
	}
}
