package models

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// What vit and mixer have in common: the numbers of a token, of the hidden units of its perceptron, and of blocks.
const (
	tokenWidth  = 64
	tokenHidden = 128
	tokenBlocks = 4
)

// patches cuts images into squares of 4×4 pixels, 2×2 where a side has less than 16, after framing them with zeros to
// whole ones, and makes a token of each: [batch, height, width, channels] → [batch, tokens, tokenWidth].
func (b *builder) patches(x *graph.Node) *graph.Node {
	side := 4
	if min(x.Shape().Dim(1), x.Shape().Dim(2)) < 16 {
		side = 2
	}
	whole := func(size int) layers.Padding {
		missing := (side - size%side) % side
		return layers.Padding{Before: missing / 2, After: missing - missing/2}
	}
	rows, columns := whole(x.Shape().Dim(1)), whole(x.Shape().Dim(2))
	if rows != (layers.Padding{}) || columns != (layers.Padding{}) {
		x = layers.Pad(x, 0, layers.Padding{}, rows, columns, layers.Padding{})
	}
	n, h, w, c := x.Shape().Dim(0), x.Shape().Dim(1)/side, x.Shape().Dim(2)/side, x.Shape().Dim(3)
	x = graph.TransposeAllAxes(graph.Reshape(x, n, h, side, w, side, c), 0, 1, 3, 2, 4, 5)
	return b.denseTokens("patches", graph.Reshape(x, n, h*w, side*side*c), tokenWidth)
}

// denseTokens is a dense layer on each token: [batch, tokens, in] → [batch, tokens, units].
func (b *builder) denseTokens(name string, x *graph.Node, units int) *graph.Node {
	n, tokens := x.Shape().Dim(0), x.Shape().Dim(1)
	return graph.Reshape(b.dense(name, graph.Reshape(x, n*tokens, -1), units), n, tokens, units)
}

// perceptronOf is the perceptron of a block: a hidden layer of GELU units, and as many outputs as inputs.
func (b *builder) perceptronOf(name string, x *graph.Node, hidden int) *graph.Node {
	at := b.in("%s", name)
	return at.denseTokens("out", layers.GELU(at.denseTokens("hidden", x, hidden)), x.Shape().Dim(-1))
}

// layerNorm is a layer normalisation, in the type of the weights, as norm is.
func (b *builder) layerNorm(name string, x *graph.Node) *graph.Node {
	y := layers.LayerNorm(b.in("%s", name).scope, graph.ConvertDType(x, b.config.DType))
	return graph.ConvertDType(y, b.config.Compute)
}

// classify norms the tokens, and answers from their mean.
func (b *builder) classify(x *graph.Node) *graph.Node {
	return b.dense("logits", graph.ReduceMean(b.layerNorm("norm", x), 1), b.config.outputs())
}

// mixer is a small MLP-Mixer: tokens of 64 numbers from patches of 4×4 pixels, and four blocks, each a perceptron of 32
// hidden units over the tokens of a channel and one of 128 over the channels of a token, both after a layer norm and
// beside a shortcut.
//
// Reference: Tolstikhin et al. (2021), "MLP-Mixer: An all-MLP Architecture for Vision", arXiv:2105.01601.
func mixer(b *builder, x *graph.Node) *graph.Node {
	x = b.patches(x)
	for i := range tokenBlocks {
		at := b.in("block%d", i+1)
		across := graph.TransposeAllAxes(at.layerNorm("norm1", x), 0, 2, 1)
		x = graph.Add(x, graph.TransposeAllAxes(at.perceptronOf("tokens", across, tokenHidden/4), 0, 2, 1))
		x = graph.Add(x, at.perceptronOf("channels", at.layerNorm("norm2", x), tokenHidden))
	}
	return b.classify(x)
}
