package program

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/runlog"
)

// Evaluation is the loss and the accuracy of a set, missing before the first evaluation; a regression has no accuracy.
// Metric is that of an Own which has another one.
type Evaluation struct {
	Loss, Accuracy runlog.Number
	Metric         runlog.Number `json:",omitzero"`
}

// evaluationBatch is the largest number of images evaluated at a time.
const evaluationBatch = 256

// evenBatch is the batch size that cuts n images into as few batches of at most evaluationBatch as can be, of equal
// size up to rounding: every size is compiled once.
func evenBatch(n int) int {
	batches := (n + evaluationBatch - 1) / evaluationBatch
	return (n + batches - 1) / batches
}

// newEvaluator computes the mean loss of a batch and the number of its images that are classified as labelled, with the
// model in evaluation mode. Of a regression it computes the loss alone.
func newEvaluator(backend compute.Backend, store *model.Store, obj *objective.Objective) (*model.Exec, error) {
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, images, labels *graph.Node) []*graph.Node {
		g := images.Graph()
		scope.Store().SetTraining(g, false)
		logits := obj.ModelFn(scope, nil, []*graph.Node{images})[0]
		mean := graph.ReduceAllMean(obj.LossFn([]*graph.Node{labels}, []*graph.Node{logits}))
		if labels.DType().IsFloat() {
			return []*graph.Node{mean}
		}
		hits := graph.Equal(graph.ArgMax(logits, -1, dtypes.Int32), graph.Squeeze(labels, -1))
		return []*graph.Node{mean, graph.ReduceAllSum(graph.ConvertDType(hits, dtypes.Int32))}
	})
	if err != nil {
		return nil, fmt.Errorf("program: evaluation: %w", err)
	}
	return exec, nil
}

// Evaluate returns the mean loss of the images of a set and the share that is classified as labelled, which a
// regression does not have. The sums over batches are in float64.
func (p *Program) Evaluate(set *datasets.Set) (Evaluation, error) {
	return evaluate(p.evaluator, set, p.dtype)
}

// Has tells whether there is a set of this name to evaluate. The command's recipes have what they ask for.
func (p *Program) Has(split string) bool { return p.own == nil || p.own.data(split) != nil }

// EvaluateSplit is Evaluate of the training, validation or test set, by its name in the records.
func (p *Program) EvaluateSplit(split string) (Evaluation, error) {
	switch {
	case p.own != nil:
		return p.evaluateOwn(split)
	case split == runlog.TrainSplit:
		return p.Evaluate(p.Data.Train)
	case split == runlog.ValidationSplit:
		return p.Evaluate(p.Data.Validation)
	}
	return p.Evaluate(p.Data.Test)
}

func evaluate(exec *model.Exec, set *datasets.Set, dtype dtypes.DType) (Evaluation, error) {
	var loss float64
	var hits int
	err := overBatches(exec, set, dtype, true, func(size int, out []*tensors.Tensor) error {
		loss += shapes.ConvertTo[float64](out[0].Value()) * float64(size)
		if !set.Regression() {
			hits += int(shapes.ConvertTo[int32](out[1].Value()))
		}
		return nil
	})
	if err != nil {
		return Evaluation{}, fmt.Errorf("program: evaluation: %w", err)
	}
	n := float64(set.Len())
	if set.Regression() {
		return Evaluation{Loss: runlog.Num(loss / n)}, nil
	}
	return Evaluation{Loss: runlog.Num(loss / n), Accuracy: runlog.Num(float64(hits) / n)}, nil
}

// overBatches calls exec with the images of a set, batch by batch in order, and with their labels where it takes them,
// and passes on the number of images and what it returns, which is freed afterwards.
func overBatches(exec *model.Exec, set *datasets.Set, dtype dtypes.DType, labelled bool,
	use func(size int, out []*tensors.Tensor) error) error {
	for batch, err := range datasets.NewEvaluation(set, evenBatch(set.Len()), dtype).Iter() {
		if err != nil {
			return err
		}
		size := batch.Labels[0].Shape().Dim(0)
		inputs := []any{batch.Inputs[0]}
		if labelled {
			inputs = append(inputs, batch.Labels[0])
		}
		out, err := exec.Call(inputs...)
		if finalizeErr := batch.Finalize(); err == nil {
			err = finalizeErr
		}
		if err == nil {
			err = use(size, out)
		}
		for _, t := range out {
			err = errors.Join(err, t.FinalizeAll())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
