package forward

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Value is the objective at one point.
type Value struct {
	Predictions []*graph.Node // as the model gives them
	Main        *graph.Node   // the loss function's mean plus every train.AddMainLoss, a scalar
	Total       *graph.Node   // Main plus every train.AddRegularizationLoss, a scalar: what is minimised

	objective  *Objective
	batch      Batch
	lossBegins graph.NodeId // nodes of the graph from here on are the loss function's
}

// Evaluate builds the objective of a batch at the current node values of the trainable variables. To evaluate it
// elsewhere, move them with SetPoint first.
//
// Every pass of a step starts from the values with which the step began, and so sees the same dropout mask and the
// same running averages. What the pass writes (variables that are not trainable, the random state, accumulated
// losses) is set back afterwards.
//
// Like every graph function it panics on error, for instance when there is no loss.
func (o *Objective) Evaluate(scope *model.Scope, g *graph.Graph, batch Batch) Value {
	store := scope.Store()
	holdRandomState(store)
	before := takeSideEffects(store, g)
	before.rewind(g)
	value := Value{objective: o, batch: batch}
	value.Predictions = o.modelFn(scope.ResetVisited(), batch.Spec, batch.Inputs)
	if o.lossFn != nil {
		value.lossBegins = g.LastNode().Id() + 1
		train.AddMainLoss(o.lossFn(batch.Labels, value.Predictions))
	}
	value.Main, value.Total = train.GetMainLoss(g), train.TotalLoss(g)
	if value.Main == nil {
		exceptions.Panicf("objective: no loss: " +
			"give objective.New a loss function or have the model call train.AddMainLoss")
	}
	before.restore(store, g)
	return value
}

// EvaluateInference is Evaluate with the model as in evaluation: batch norm takes its running averages, as they were
// when the step began, and nothing is dropped.
func (o *Objective) EvaluateInference(scope *model.Scope, g *graph.Graph, batch Batch) Value {
	training := scope.IsTraining(g)
	scope.Store().SetTraining(g, false)
	defer scope.Store().SetTraining(g, training)
	return o.Evaluate(scope, g, batch)
}
