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
	Extra       *graph.Node   // every train.AddRegularizationLoss, a scalar; nil where there is none
	Total       *graph.Node   // Main plus every train.AddRegularizationLoss, a scalar: what is minimised

	objective *Objective
	batch     Batch
	scope     *model.Scope
	training  bool // the model was built as in training
	onlyMain  bool
	wrote     map[*model.Variable]*graph.Node // what the pass has written beside its result
	given     *graph.Node                     // what DividedBy says that the loss divides by; nil without it
}

// As is the value with another loss in the place of Main and Total, made of the same predictions.
func (v Value) As(loss *graph.Node) Value {
	v.Main, v.Total, v.Extra, v.onlyMain = loss, loss, nil, true
	return v
}

// OnlyMain is the value without what train.AddRegularizationLoss adds.
func (v Value) OnlyMain() Value {
	v.Total, v.Extra, v.onlyMain = v.Main, nil, true
	return v
}

// rows is the number of rows of the batch, which Rows has checked.
func (v Value) rows() int {
	rows, _ := Rows(v.objective, v.batch.Inputs, v.batch.Labels)
	return rows
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
	value := Value{objective: o, batch: batch, scope: scope, training: scope.IsTraining(g)}
	value.Predictions = o.modelFn(scope.ResetVisited(), batch.Spec, batch.Inputs)
	if o.lossFn != nil {
		train.AddMainLoss(o.lossFn(batch.Labels, value.Predictions))
	}
	value.Main, value.Extra, value.Total = train.GetMainLoss(g), train.GetRegularizationLoss(g), train.TotalLoss(g)
	if value.Main == nil {
		exceptions.Panicf("objective: no loss: " +
			"give objective.New a loss function or have the model call train.AddMainLoss")
	}
	value.wrote = takeSideEffects(store, g).values
	value.given = o.divides(batch.Labels, value.Predictions)
	before.restore(store, g)
	return value
}

// EvaluateInference is Evaluate with the model as in evaluation: batch norm takes its running averages, as they were
// when the step began, and nothing is dropped.
func (o *Objective) EvaluateInference(scope *model.Scope, g *graph.Graph, batch Batch) Value {
	return o.evaluateAs(false, scope, g, batch)
}

func (o *Objective) evaluateAs(training bool, scope *model.Scope, g *graph.Graph, batch Batch) Value {
	before := scope.IsTraining(g)
	scope.Store().SetTraining(g, training)
	defer scope.Store().SetTraining(g, before)
	return o.Evaluate(scope, g, batch)
}
