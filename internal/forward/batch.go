package forward

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Batch is one batch of examples in a graph.
type Batch struct {
	Spec           any // the data set's own Batch.Spec
	Inputs, Labels []*graph.Node
}

// Mark is a Batch.Spec that an optimizer puts around the data set's own one, to say what kind of step the batch is for.
// The model sees only the data set's own value.
type Mark interface {
	// UserSpec is the data set's own Batch.Spec.
	UserSpec() any
	// Displaces tells whether the trainer's own forward pass is to run at displaced weights.
	Displaces() bool
	// Displace moves the trainable variables of the graph to the point of that forward pass, with SetNodeValue.
	// It is called once, when all the model's variables exist and hold their incoming values.
	Displace(scope *model.Scope, g *graph.Graph)
	// OwnInputs is the number of the batch's own inputs, where the inputs and labels of a few rows follow them for
	// Compare; else 0.
	OwnInputs() int
}

// remembered is what a graph remembers of its batch.
type remembered struct {
	Batch
	few          Batch // rows to compare
	objective    *Objective
	mark         Mark // nil when the batch has none
	predictions  []*graph.Node
	atWeights    map[*model.Variable]*graph.Node // what a dry pass at the weights has written
	modelLoss    *graph.Node                     // the main loss after the model; nil when it has added none
	askedForLoss bool                            // LossFn has been called
}

type rememberedKey struct{}

// remember notes in g what it is built for.
func remember(g *graph.Graph, o *Objective, spec any, inputs []*graph.Node) *remembered {
	b := &remembered{objective: o, Batch: Batch{Spec: spec, Inputs: inputs}}
	if mark, ok := spec.(Mark); ok {
		b.mark, b.Spec = mark, mark.UserSpec()
		if n := mark.OwnInputs(); n > 0 {
			b.Inputs, b.few = inputs[:n:n], Batch{Spec: b.Spec, Inputs: inputs[n : 2*n], Labels: inputs[2*n:]}
		}
	}
	g.AttachState(rememberedKey{}, b)
	return b
}

// batchOf returns what g remembers; nil when it was not built through an Objective.
func batchOf(g *graph.Graph) *remembered {
	b, _ := g.State(rememberedKey{}).(*remembered)
	return b
}

// Of returns the objective, the batch and the mark (nil when there is none) that g was built for.
//
// It panics when the trainer has the model itself and not ModelFn, or another loss than LossFn: a second pass would
// then have no labels, or minimise another loss than the first.
func Of(g *graph.Graph) (*Objective, Batch, Mark) {
	b := batchOf(g)
	if b == nil {
		exceptions.Panicf("objective: this graph has no batch on record: " +
			"pass ModelFn and LossFn of an objective.Objective to train.NewTrainer, " +
			"not the model and the loss themselves")
	}
	if !b.askedForLoss && (b.objective.lossFn != nil || train.GetMainLoss(g) != b.modelLoss) {
		exceptions.Panicf("objective: the trainer has built its loss without the objective's LossFn: " +
			"pass obj.LossFn to train.NewTrainer, not the loss itself")
	}
	return b.objective, b.Batch, b.mark
}

// Few returns the rows that came with the batch to be compared.
func Few(g *graph.Graph) Batch { return batchOf(g).few }

// Taken is the value of the trainer's own pass, with the loss that the trainer has built.
func Taken(scope *model.Scope, g *graph.Graph, loss *graph.Node) Value {
	b := batchOf(g)
	return Value{Predictions: b.predictions, Main: train.GetMainLoss(g), Extra: train.GetRegularizationLoss(g),
		Total: loss, objective: b.objective, batch: b.Batch, scope: scope, training: scope.IsTraining(g),
		wrote: takeSideEffects(scope.Store(), g).values, given: b.objective.divides(b.Labels, b.predictions)}
}
