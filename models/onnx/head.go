package onnx

import (
	"math"
	"path"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/layers"
)

// head is the new dense layer, of the shapes that PyTorch gives a linear one: [outputs, inputs], [outputs]. Its weights
// are drawn from a normal distribution of variance 1/inputs, its biases are zero.
func (w *walk) head(x *graph.Node) *graph.Node {
	outputs, inputs := w.config.Outputs, x.Shape().Dim(1)
	random := stream(w.config.Seed, HeadWeight)
	weights := layers.Variable(w.folder(HeadWeight), path.Base(HeadWeight), shapes.Make(w.config.DType, outputs, inputs),
		func(to []float64) {
			for i := range to {
				to[i] = random.NormFloat64() / math.Sqrt(float64(inputs))
			}
		})
	biases := layers.Variable(w.folder(HeadBias), path.Base(HeadBias), shapes.Make(w.config.DType, outputs),
		layers.Constant(0))
	use := func(v *model.Variable) *graph.Node { return graph.ConvertDType(v.NodeValue(w.g), w.config.Compute) }
	return layers.Dense(x, graph.Transpose(use(weights), 0, 1), use(biases))
}

// The variables of a new head.
const (
	HeadWeight = "xsam_head/weight"
	HeadBias   = "xsam_head/bias"
)
