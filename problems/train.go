package problems

import (
	"fmt"
	"iter"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// WeightsPath is the variable in which the model of a problem keeps w.
const WeightsPath = "/" + weightsName

const weightsName = "weights"

// ModelFn returns a model whose only prediction is the loss of p. Its weights are the trainable variable WeightsPath,
// of shape [p.Dim()] and type dtype (float32 or float64), which begins at start where the store has none yet. The
// inputs of a batch are not used. The model goes at the root of a store. start of another length panics.
func ModelFn(p Problem, start []float64, dtype dtypes.DType) train.ModelFn {
	checkLength(p, start)
	return func(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
		v := scope.GetVariable(weightsName)
		if v == nil {
			v = scope.VariableWithValue(weightsName, vector(start, dtype))
		}
		return []*graph.Node{p.Graph(v.NodeValue(inputs[0].Graph()))}
	}
}

// LossFn is the loss that goes with ModelFn: the model's prediction itself.
func LossFn(_, predictions []*graph.Node) *graph.Node { return predictions[0] }

// NewDataset returns an endless data set of empty examples, one scalar zero each, for models that need no data.
func NewDataset() train.Dataset { return empty{} }

type empty struct{}

// Name implements train.Dataset.
func (empty) Name() string { return "no data" }

// Iter implements train.Dataset.
func (empty) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromScalar(float32(0))}}, nil) {
		}
	}
}

// vector makes a tensor of shape [len(x)].
func vector(x []float64, dtype dtypes.DType) *tensors.Tensor {
	switch dtype {
	case dtypes.Float64:
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), x...), len(x))
	case dtypes.Float32:
		y := make([]float32, len(x))
		for i := range x {
			y[i] = float32(x[i])
		}
		return tensors.FromFlatDataAndDimensions(y, len(x))
	}
	panic(fmt.Errorf("problems: weights of type %s: want float32 or float64", dtype))
}
