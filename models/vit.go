package models

import (
	"math"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/layers"
)

const attentionHeads = 4

// vit is a small vision transformer: tokens of 64 numbers from patches of 4×4 pixels, a learnt number for each place,
// and four blocks of attention with four heads and a perceptron of 128 hidden units, both after a layer norm and beside
// a shortcut. It answers from the mean of the tokens.
//
// Reference: Dosovitskiy et al. (2021), "An Image is Worth 16×16 Words", arXiv:2010.11929.
func vit(b *builder, x *graph.Node) *graph.Node {
	x = b.patches(x)
	x = graph.Add(x, graph.InsertAxes(b.positions(x), 0))
	for i := range tokenBlocks {
		at := b.in("block%d", i+1)
		x = graph.Add(x, at.attention(at.layerNorm("norm1", x)))
		x = graph.Add(x, at.perceptronOf("perceptron", at.layerNorm("norm2", x), tokenHidden))
	}
	return b.classify(x)
}

// positions is a token for each place, drawn with a deviation of 0.02.
func (b *builder) positions(x *graph.Node) *graph.Node {
	const name = "positions"
	shape := b.shape(x.Shape().Dim(1), x.Shape().Dim(2))
	v := layers.Variable(b.scope, name, shape, func(values []float64) {
		path := strings.TrimPrefix(model.JoinPath(b.scope.Scope(), name), b.root)
		random := stream(b.config.Seed, strings.TrimPrefix(path, model.ScopeSeparator))
		for i := range values {
			values[i] = 0.02 * random.NormFloat64()
		}
	})
	return b.copyOf(v, x.Graph())
}

// attention lets each token look at all: softmax(QKᵀ/√d)V of each head, side by side, through a dense layer.
func (b *builder) attention(x *graph.Node) *graph.Node {
	n, tokens, width := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
	d := width / attentionHeads
	head := func(name string) *graph.Node {
		return graph.Reshape(b.denseTokens(name, x, width), n, tokens, attentionHeads, d)
	}
	query, key, value := head("query"), head("key"), head("value")
	scores := graph.MulScalar(graph.Einsum("bihd,bjhd->bhij", query, key), 1/math.Sqrt(float64(d)))
	weights := graph.ConvertDType(layers.Softmax(graph.ConvertDType(scores, b.config.DType)), b.config.Compute)
	seen := graph.Einsum("bhij,bjhd->bihd", weights, value)
	return b.denseTokens("out", graph.Reshape(seen, n, tokens, width), width)
}
