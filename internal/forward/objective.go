// Package forward builds the loss of a batch again, at other weights.
//
// GoMLX builds the loss of a batch once, at the current weights. An Objective remembers the batch whose graph is being
// built, and Evaluate builds its loss wherever the weights have been moved to. It leaves no trace: running averages,
// random state and accumulated losses are what they are after one ordinary forward pass.
//
//	objective.go    Objective, and the two functions for the trainer
//	modelforms.go   the forms that a model function may have
//	batch.go        the batch of a graph: Of, and the Mark that an optimizer puts on it
//	evaluate.go     Evaluate: the loss at the weights as they are now
//	weights.go      the weights as a point: Trainables, Point, Origin, SetPoint
//	sideeffects.go  what a forward pass writes, and how it is set back
//	rows.go         the rows of a batch
//	divisor.go      what the loss of a batch is divided by, so that parts of a batch can be put together
//	reader.go       how that is read off the graph: the sums over the rows that a loss is made of
//	quotient.go     and what divides them
//	twins.go        where the rows are, seen by building the loss for another number of them
//	dependence.go   which nodes of a graph depend on the batch
//	constant.go     the numbers in a graph
//	compare.go      whether the loss of a batch is made of those of its parts
//	verdict.go      the gradient of a few rows beside that of their parts
//	few.go          a few rows of a batch
//
// Package objective is its public face.
package forward

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Objective is a model with its loss. It does not change, and several trainers may share it.
type Objective struct {
	modelFn train.ModelFn
	lossFn  train.LossFn

	sum     bool                                                // the loss is a sum over the rows
	divisor func(labels, predictions []*graph.Node) *graph.Node // nil: it is read off the graph
	shared  []int                                               // inputs that are not one row for each example
	labels  []int                                               // labels that are not
}

// New returns the objective of a model and a loss, which may be nil. It panics when modelFn is nil.
func New[F train.ModelFnCompatible](modelFn F, lossFn train.LossFn) *Objective {
	return &Objective{modelFn: canonical(modelFn), lossFn: lossFn}
}

// Sum returns the same objective with the declaration that its loss is a sum over the rows of a batch.
func (o *Objective) Sum() *Objective {
	with := *o
	with.sum, with.divisor = true, nil
	return &with
}

// DividedBy returns the same objective with the declaration that its loss divides by what the function gives.
func (o *Objective) DividedBy(divisor func(labels, predictions []*graph.Node) *graph.Node) *Objective {
	with := *o
	with.sum, with.divisor = false, divisor
	return &with
}

// divides is what DividedBy gives for a batch; nil without it.
func (o *Objective) divides(labels, predictions []*graph.Node) *graph.Node {
	if o.divisor == nil {
		return nil
	}
	d := o.divisor(labels, predictions)
	if d == nil || d.Shape().Size() != 1 {
		exceptions.Panicf("objective: the function of DividedBy did not return a scalar: " +
			"want the number, or the sum of the weights, that the loss divides by")
	}
	return graph.Reshape(d)
}

// Shared returns the same objective with the declaration that these inputs belong to a batch as a whole, not row by
// row.
func (o *Objective) Shared(inputs ...int) *Objective {
	with := *o
	with.shared = append(slices.Clone(o.shared), inputs...)
	return &with
}

// SharedLabels is Shared for labels.
func (o *Objective) SharedLabels(labels ...int) *Objective {
	with := *o
	with.labels = append(slices.Clone(o.labels), labels...)
	return &with
}

// Shares tells whether an input belongs to a batch as a whole; a nil objective shares none.
func (o *Objective) Shares(input int) bool { return o != nil && slices.Contains(o.shared, input) }

// SharesLabel is the same for a label.
func (o *Objective) SharesLabel(label int) bool { return o != nil && slices.Contains(o.labels, label) }

// sharedInputs and sharedLabels are the numbers of these; of no objective, nil, there are none.
func (o *Objective) sharedInputs() []int {
	if o == nil {
		return nil
	}
	return o.shared
}

func (o *Objective) sharedLabels() []int {
	if o == nil {
		return nil
	}
	return o.labels
}

// SharesAny tells whether there is such an input or label.
func (o *Objective) SharesAny() bool { return len(o.shared)+len(o.labels) > 0 }

// ModelFn is the model function to pass to train.NewTrainer. It builds the model and remembers the batch.
//
// Like every graph function it panics on error, for instance when the batch has no inputs.
func (o *Objective) ModelFn(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
	if len(inputs) == 0 {
		exceptions.Panicf("objective: the batch has no inputs: want at least one tensor to find the graph by")
	}
	g := inputs[0].Graph()
	holdRandomState(scope.Store())
	b := remember(g, o, spec, inputs)
	var atWeights sideEffects
	if b.mark != nil && b.mark.Displaces() && scope.IsTraining(g) {
		// A dry pass at the weights themselves, after which all variables exist. The compiler keeps only what in it
		// does not depend on the batch (an average of the weights, a counter).
		untouched := takeSideEffects(scope.Store(), g)
		o.modelFn(scope.ResetVisited(), b.Spec, b.Inputs)
		atWeights = takeSideEffects(scope.Store(), g)
		b.atWeights = withoutBatch(atWeights.values, scope.Store(), g)
		untouched.restore(scope.Store(), g)
		b.mark.Displace(scope, g)
	}
	predictions := o.modelFn(scope, b.Spec, b.Inputs)
	for v, value := range b.atWeights {
		v.SetNodeValue(value)
	}
	for scope, hook := range atWeights.hooks {
		setHook(g, scope, hook)
	}
	b.predictions, b.modelLoss = predictions, train.GetMainLoss(g)
	if len(predictions) == 0 && o.lossFn == nil {
		// LossFn, and the metrics, need a prediction to find the graph by; GoMLX makes one up too.
		return []*graph.Node{noLoss(g, nil)}
	}
	return predictions
}

// LossFn is the loss function to pass to train.NewTrainer. It builds the loss and remembers the labels. For an
// objective without a loss function it is 0.
//
// Like every graph function it panics on error.
func (o *Objective) LossFn(labels, predictions []*graph.Node) *graph.Node {
	var g *graph.Graph
	for _, nodes := range [][]*graph.Node{predictions, labels} {
		if len(nodes) > 0 {
			g = nodes[0].Graph()
			break
		}
	}
	if g == nil {
		exceptions.Panicf("objective: the model predicts nothing and the batch has no labels: there is nothing for a " +
			"loss function; have the model call train.AddMainLoss and give objective.New no loss function")
	}
	if b := batchOf(g); b != nil {
		b.Labels, b.askedForLoss = labels, true
	}
	if o.lossFn == nil {
		return noLoss(g, predictions)
	}
	return o.lossFn(labels, predictions)
}

// noLoss is 0, in the type of the losses that the model has added so far, or else of its predictions.
func noLoss(g *graph.Graph, predictions []*graph.Node) *graph.Node {
	like := append([]*graph.Node{train.GetMainLoss(g), train.GetRegularizationLoss(g)}, predictions...)
	for _, x := range like {
		if x != nil && x.DType().IsFloat() {
			return graph.ScalarZero(g, x.DType())
		}
	}
	return graph.ScalarZero(g, dtypes.Float32)
}
