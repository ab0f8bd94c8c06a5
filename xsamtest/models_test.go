package xsamtest_test

import (
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/objective"
)

// subject is a program of a user's: a model, its loss, its data.
type subject struct {
	objective func() *objective.Objective
	batch     func(i int) train.Batch
	whole     bool // parts of a batch are not like the batch: batch norm, dropout
	xla       bool // the pure-Go engine lacks an operation
}

// subjects are four programs that have little in common.
var subjects = map[string]subject{
	"mlp": {
		objective: func() *objective.Objective { return objective.New(mlp, loss.MeanSquaredError) },
		batch: func(i int) train.Batch {
			x := normals(i, 8, 5)
			return train.Batch{Inputs: []*tensors.Tensor{x}, Labels: []*tensors.Tensor{normals(i+1000, 8, 2)}}
		},
	},
	"conv with GoMLX's batch norm and dropout": {
		objective: func() *objective.Objective { return objective.New(conv, loss.SparseCategoricalCrossEntropyLogits) },
		batch: func(i int) train.Batch {
			return train.Batch{Inputs: []*tensors.Tensor{normals(i, 8, 6, 6, 2)}, Labels: []*tensors.Tensor{classes(i, 3, 8, 1)}}
		},
		whole: true, xla: true,
	},
	"transformer with mask and tied embeddings": {
		objective: func() *objective.Objective { return objective.New(transformer, tokenLoss) },
		batch: func(i int) train.Batch {
			return train.Batch{Inputs: []*tensors.Tensor{classes(i, 7, 8, 5), lengths(i, 8, 5)},
				Labels: []*tensors.Tensor{classes(i+1000, 7, 8, 5), lengths(i, 8, 5)}}
		},
	},
	"two inputs and two losses": {
		objective: func() *objective.Objective {
			return objective.New(twoInputs, func(labels, predictions []*graph.Node) *graph.Node {
				return loss.BinaryCrossentropyLogits(labels, predictions)
			})
		},
		batch: func(i int) train.Batch {
			return train.Batch{Inputs: []*tensors.Tensor{normals(i, 8, 3), normals(i+500, 8, 4)},
				Labels: []*tensors.Tensor{classesAsFloats(i, 8)}}
		},
	},
}

func mlp(scope *model.Scope, x *graph.Node) *graph.Node {
	x = graph.Tanh(layers.Dense(scope.In("hidden"), x, true, 6))
	regularizer.L2(1e-3)(x.Graph(), scope.Store().GetVariable("/hidden/dense/weights"))
	return layers.Dense(scope.In("out"), x, true, 2)
}

func conv(scope *model.Scope, x *graph.Node) *graph.Node {
	g := x.Graph()
	x = layers.Convolution(scope.In("conv"), x).Channels(4).KernelSize(3).PadSame().Done()
	x = norm.BatchNorm(scope.In("norm"), x, -1).Done()
	x = graph.Tanh(x)
	x = layers.DropoutNormalize(scope.In("dropout"), x, graph.Scalar(g, dtypes.Float32, 0.3), true)
	return layers.Dense(scope.In("out"), graph.ReduceMean(x, 1, 2), true, 3)
}

// transformer predicts a token at each place; the second input tells which places count.
func transformer(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
	tokens, counts, g := in[0], in[1], in[0].Graph()
	table := scope.VariableWithShape("embedding", shape(7, 8))
	x := graph.Gather(table.NodeValue(g), graph.ExpandAxes(tokens, -1))
	y := attention.SelfAttention(scope.In("attention"), norm.LayerNorm(scope.In("norm"), x, -1).Done(), 2, 4).
		WithKeyMask(counts).Done()
	x = graph.Add(x, y)
	return []*graph.Node{graph.Einsum("btd,vd->btv", x, table.NodeValue(g))}
}

// tokenLoss is the mean over the tokens that count.
func tokenLoss(labels, predictions []*graph.Node) *graph.Node {
	logp := graph.LogSoftmax(predictions[0], -1)
	oneHot := graph.OneHot(labels[0], 7, logp.DType())
	each := graph.Neg(graph.ReduceSum(graph.Mul(oneHot, logp), -1))
	counts := graph.ConvertDType(labels[1], each.DType())
	return graph.Div(graph.ReduceAllSum(graph.Mul(each, counts)), graph.ReduceAllSum(counts))
}

func twoInputs(scope *model.Scope, a, b *graph.Node) *graph.Node {
	x := graph.Concatenate([]*graph.Node{
		graph.Tanh(layers.Dense(scope.In("a"), a, true, 4)), graph.Sigmoid(layers.Dense(scope.In("b"), b, true, 4))}, -1)
	train.AddMainLoss(graph.MulScalar(graph.ReduceAllMean(graph.Square(x)), 0.01))
	return layers.Dense(scope.In("out"), x, true, 1)
}

func random(i int) *rand.Rand { return rand.New(rand.NewPCG(3, uint64(i))) }

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func normals(i int, dims ...int) *tensors.Tensor {
	r, x := random(i), make([]float32, size(dims))
	for j := range x {
		x[j] = float32(r.NormFloat64())
	}
	return tensors.FromFlatDataAndDimensions(x, dims...)
}

func classes(i int, n int32, dims ...int) *tensors.Tensor {
	r, x := random(i), make([]int32, size(dims))
	for j := range x {
		x[j] = r.Int32N(n)
	}
	return tensors.FromFlatDataAndDimensions(x, dims...)
}

func classesAsFloats(i, n int) *tensors.Tensor {
	r, x := random(i), make([]float32, n)
	for j := range x {
		x[j] = float32(r.IntN(2))
	}
	return tensors.FromFlatDataAndDimensions(x, n, 1)
}

// lengths is true in the first places of each row, one at least.
func lengths(i, rows, places int) *tensors.Tensor {
	r, x := random(i), make([]bool, rows*places)
	for row := range rows {
		for p := range 1 + r.IntN(places) {
			x[row*places+p] = true
		}
	}
	return tensors.FromFlatDataAndDimensions(x, rows, places)
}
