// Package objective is the training loss as a function of the weights, L(w).
//
// GoMLX builds the loss of a batch once, at the current weights. Sharpness-aware optimizers and Hessians need it at
// other weights too. An Objective stands between a model with its loss and the trainer, so that they can:
//
//	obj := objective.New(modelFn, lossFn)
//	trainer := train.NewTrainer(backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
package objective

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
)

// Objective is a model with its loss. It does not change, and several trainers may share it.
type Objective struct {
	*forward.Objective
}

// New returns the objective of a model and a loss.
//
// modelFn may have every form that train.NewTrainer takes, train.ModelFnCompatible: with or without the batch's spec,
// up to three inputs or a slice of them, up to three predictions or a slice of them. lossFn may give one number, or
// one for each example; the loss is their mean. It may be nil when the model adds all its losses with
// train.AddMainLoss.
//
// It panics when modelFn is nil. Pass ModelFn and LossFn of the result to train.NewTrainer, both of them.
func New[F train.ModelFnCompatible](modelFn F, lossFn train.LossFn) *Objective {
	return &Objective{forward.New(modelFn, lossFn)}
}

// The methods below declare how the loss of a batch is made of its rows; they do not change the loss. Accumulate of
// package xsam needs that to cut batches, package curvature to put the loss of a data set together from its batches.
// Most programs need none of them: both find by themselves what a loss divides by (the number of rows, the number that
// a mask keeps, a sum of weights), and refuse losses that parts of a batch cannot give.

// DividedBy returns the same objective with the declaration that its loss is a sum over the rows of a batch, divided by
// what the function gives: a scalar that adds up over parts of the batch, such as the number of tokens that count.
func (o *Objective) DividedBy(divisor func(labels, predictions []*graph.Node) *graph.Node) *Objective {
	return &Objective{o.Objective.DividedBy(divisor)}
}

// Sum returns the same objective with the declaration that its loss is a sum over the rows of a batch, divided by
// nothing.
func (o *Objective) Sum() *Objective { return &Objective{o.Objective.Sum()} }

// Shared returns the same objective with the declaration that the inputs with these numbers, counted from 0, belong to
// a batch as a whole: a table, a graph, a temperature. All other inputs, and the labels, have one row for each example.
func (o *Objective) Shared(inputs ...int) *Objective {
	return &Objective{o.Objective.Shared(inputs...)}
}

// SharedLabels is Shared for labels: weights of the classes, for instance.
func (o *Objective) SharedLabels(labels ...int) *Objective {
	return &Objective{o.Objective.SharedLabels(labels...)}
}

// ModelFn is the model function to pass to train.NewTrainer. It builds the model and remembers the batch.
//
// Like every graph function it panics on error, for instance when the batch has no inputs.
func (o *Objective) ModelFn(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
	return o.Objective.ModelFn(scope, spec, inputs)
}

// LossFn is the loss function to pass to train.NewTrainer. It builds the loss and remembers the labels. For an
// objective without a loss function it is 0.
//
// Like every graph function it panics on error.
func (o *Objective) LossFn(labels, predictions []*graph.Node) *graph.Node {
	return o.Objective.LossFn(labels, predictions)
}
