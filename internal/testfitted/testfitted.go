// Package testfitted is a model for tests whose loss is all but 0, 1e-6 in float32, so that rounding counts for much in
// its gradient; and one that is not, whose rows are taken together at its weights and not at half of them.
package testfitted

import (
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/objective"
)

const rows, in, hidden, classes = 32, 40, 300, 3

// New returns the model, a perceptron, and what draws a batch of 32 rows, another one each time.
func New() (obj *objective.Objective, batch func() train.Batch) {
	random := rand.New(rand.NewPCG(1, 2))
	w1, w2 := make([]float32, in*hidden), make([]float32, hidden*classes)
	for i := range w1 {
		w1[i] = 0.03 * float32(random.NormFloat64())
	}
	for i := range w2 { // the answer to a class is along the weights of the input that stands for it
		w2[i] = 3 * w1[i%classes*hidden+i/classes]
	}
	obj = objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := func(name string, values []float32, dims ...int) *graph.Node {
			return scope.VariableWithValue(name, tensors.FromFlatDataAndDimensions(values, dims...)).NodeValue(x.Graph())
		}
		h := graph.Tanh(graph.Dot(x, w("w1", w1, in, hidden)).Product())
		return graph.Dot(h, w("w2", w2, hidden, classes)).Product()
	}, loss.SparseCategoricalCrossEntropyLogits)
	return obj, func() train.Batch {
		x, y := make([]float32, rows*in), make([]int32, rows)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		for i := range y {
			y[i] = int32(i % classes)
			x[i*in+i%classes] += 30
		}
		return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, in)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, rows, 1)}}
	}
}

// Joined returns a model whose loss goes by the mean over the rows where that is large, as at its weights, and what
// draws a batch of 32 rows.
func Joined() (obj *objective.Objective, batch func() train.Batch) {
	random := rand.New(rand.NewPCG(3, 4))
	obj = objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := scope.VariableWithValue("w", []float32{1, 1, 1, 1}).NodeValue(x.Graph())
		return graph.Dot(x, w).Product() // about 6
	}, func(_, out []*graph.Node) *graph.Node {
		mean := graph.ReduceAllMean(out[0])
		above := graph.MaxScalar(graph.AddScalar(graph.Square(mean), -20), 0) // 36 - 20, and at half the weights 9 - 20
		return graph.Add(graph.ReduceAllMean(graph.Square(out[0])), above)
	})
	return obj, func() train.Batch {
		x := make([]float32, rows*4)
		for i := range x {
			x[i] = 1 + random.Float32()
		}
		return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, 4)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(make([]int32, rows), rows, 1)}}
	}
}
