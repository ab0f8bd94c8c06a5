package forward

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// sideEffects is what a forward pass writes beside its result: the values of variables that are not trained (running
// averages, the random state, counters), and the sums of losses.
type sideEffects struct {
	values map[*model.Variable]*graph.Node
	losses map[string]*graph.Node // by graph parameter; absent where nothing has been added yet
	hooks  map[string]any         // by scope: what runs once per update (train.AddPerStepUpdateGraphFn)
}

// lossParams are the graph parameters in which the trainer sums the losses.
var lossParams = []string{
	model.JoinPath(train.TrainerAbsoluteScope, train.TrainerMainLossGraphParamKey),
	model.JoinPath(train.TrainerAbsoluteScope, train.TrainerRegularizationLossGraphParamKey),
}

// takeSideEffects notes what has been written in g so far.
func takeSideEffects(store *model.Store, g *graph.Graph) sideEffects {
	s := sideEffects{values: map[*model.Variable]*graph.Node{}, losses: map[string]*graph.Node{}}
	for v := range store.IterVariables() {
		if isState(v) && v.ChangedInGraph(g) {
			s.values[v] = v.NodeValue(g)
		}
	}
	for _, key := range lossParams {
		if sum := lossSum(g, key); sum != nil {
			s.losses[key] = sum
		}
	}
	s.hooks = hooks(store, g)
	return s
}

// hooks are the functions that the model has registered to run once per update (train.AddPerStepUpdateGraphFn), by scope.
func hooks(store *model.Store, g *graph.Graph) map[string]any {
	found := map[string]any{}
	for p := range store.IterGraphParams(g) {
		if p.Key == train.TrainerPerStepUpdateGraphFnParamKey {
			found[p.Scope] = p.Value
		}
	}
	return found
}

func setHook(g *graph.Graph, scope string, hook any) {
	model.SetGraphParam(g, model.JoinPath(scope, train.TrainerPerStepUpdateGraphFnParamKey), hook)
}

// rewind sets everything back to the beginning of the step: variables to the values they came with, sums to zero.
func (s sideEffects) rewind(g *graph.Graph) {
	for v := range s.values {
		v.SetNodeValue(g.GetParameterByName(v.Path()))
	}
	clearSums(g)
}

// restore makes what was noted current again, and forgets everything that has been written since.
func (s sideEffects) restore(store *model.Store, g *graph.Graph) {
	LeaveNoTrace(store, g)
	for v, value := range s.values {
		v.SetNodeValue(value)
	}
	clearSums(g)
	for key, sum := range s.losses {
		model.SetGraphParam(g, key, sum)
	}
	for scope := range hooks(store, g) {
		setHook(g, scope, s.hooks[scope])
	}
}

// LeaveNoTrace sets everything that forward passes have written in g back to what it was when the step began. It leaves
// the sums of losses as they are.
func LeaveNoTrace(store *model.Store, g *graph.Graph) {
	for v := range store.IterVariables() {
		if isState(v) && v.ChangedInGraph(g) {
			v.SetNodeValue(g.GetParameterByName(v.Path()))
		}
	}
}

// clearSums sets the sums of losses to zero. A sum that was never begun stays so: its type is not known yet.
func clearSums(g *graph.Graph) {
	for _, key := range lossParams {
		if sum := lossSum(g, key); sum != nil {
			model.SetGraphParam(g, key, graph.ScalarZero(g, sum.DType()))
		}
	}
}

func lossSum(g *graph.Graph, key string) *graph.Node {
	value, found := model.GetGraphParam(g, key)
	if !found {
		return nil
	}
	sum, _ := value.(*graph.Node)
	return sum
}

// SetReportedLoss makes main, a scalar, the loss that the trainer reports for this step. Regularisation losses count
// as 0.
func SetReportedLoss(g *graph.Graph, main *graph.Node) {
	clearSums(g)
	model.SetGraphParam(g, lossParams[0], main)
}

// isState tells whether v is written by forward passes rather than by the optimizer.
func isState(v *model.Variable) bool { return !v.Trainable || !v.DType().IsFloat() }

// SetBackUpdates sets back what forward passes have written in g without looking at the batch: counters, schedules,
// averages of the weights. They belong to an update, of which this batch is a part. The random state advances.
func SetBackUpdates(store *model.Store, g *graph.Graph) {
	for v := range withoutBatch(takeSideEffects(store, g).values, store, g) {
		v.SetNodeValue(g.GetParameterByName(v.Path()))
	}
}

// LeaveUpdates sets back what forward passes have written in g, but for what the model writes at the weights themselves
// without looking at the batch. For a graph whose mark displaces the trainer's own pass.
func LeaveUpdates(store *model.Store, g *graph.Graph) {
	LeaveNoTrace(store, g)
	for v, value := range batchOf(g).atWeights {
		v.SetNodeValue(value)
	}
}

// withoutBatch returns the written values that do not depend on the batch. It leaves out the random state, and what
// belongs to an average over batches: values from which batch-dependent ones are computed, such as the number of
// batches in GoMLX's batch norm.
func withoutBatch(values map[*model.Variable]*graph.Node, store *model.Store,
	g *graph.Graph) map[*model.Variable]*graph.Node {
	b, random := batchOf(g), RandomState(store)
	data, out := newDependence(slices.Concat(b.Inputs, b.Labels)), map[*model.Variable]*graph.Node{}
	for v, value := range values {
		if v == random || data.reaches(value) {
			continue
		}
		read := newDependence([]*graph.Node{g.GetParameterByName(v.Path())})
		averaged := false
		for _, other := range values {
			averaged = averaged || data.reaches(other) && read.reaches(other)
		}
		if !averaged {
			out[v] = value
		}
	}
	return out
}

// ReadBack returns a variable that forward passes write from the batch and that the loss reads, so that the loss of the
// next batch depends on this one. nil where there is none.
func ReadBack(store *model.Store, g *graph.Graph, loss *graph.Node) *model.Variable {
	b, random := batchOf(g), RandomState(store)
	data := newDependence(slices.Concat(b.Inputs, b.Labels))
	for v, value := range takeSideEffects(store, g).values {
		if v == random || !data.reaches(value) {
			continue
		}
		if newDependence([]*graph.Node{g.GetParameterByName(v.Path())}).reaches(loss) {
			return v
		}
	}
	return nil
}

// DropHooks removes the functions that the model has registered to run once per update (train.AddPerStepUpdateGraphFn).
func DropHooks(store *model.Store, g *graph.Graph) {
	for scope := range hooks(store, g) {
		setHook(g, scope, nil)
	}
}

// RandomState is where GoMLX keeps the state of its random numbers; nil in a store whose models draw none.
func RandomState(store *model.Store) *model.Variable {
	return store.GetVariable(model.JoinPath(model.RootScopePath, model.RNGStateVariableName))
}

// holdRandomState keeps the random state from being trained: a restored checkpoint brings it back as trainable.
func holdRandomState(store *model.Store) {
	if v := RandomState(store); v != nil {
		v.SetTrainable(false)
	}
}
