package models

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// wrn returns the wide residual network WRN-depth-k of Zagoruyko and Komodakis (2016), arXiv:1605.07146: a 3×3
// convolution of 16 channels, three stages of (depth − 4)/6 pre-activation blocks with 16k, 32k and 64k channels,
// norm, ReLU, global mean pooling and a dense layer. No dropout. Where a block changes the shape, its shortcut is a
// 1×1 convolution of the activated input, without norm. Parameters at 3 channels and 10 classes: WRN-16-1 175,066,
// WRN-16-4 2,748,890, WRN-28-10 36,479,194 (published: 2.75 M for WRN-16-4 and 36.5 M for WRN-28-10).
func wrn(depth, k int) func(b *builder, x *graph.Node) *graph.Node {
	return func(b *builder, x *graph.Node) *graph.Node {
		x = b.conv("conv", x, 3, 16, 1)
		for i, channels := range []int{16 * k, 32 * k, 64 * k} {
			for j := range (depth - 4) / 6 {
				stride := 1
				if i > 0 && j == 0 {
					stride = 2
				}
				x = preActivationBlock(b.in("stage%d_block%d", i+1, j+1), x, channels, stride)
			}
		}
		x = layers.ReLU(b.norm("norm", x))
		return b.dense("logits", layers.GlobalMeanPool(x), b.config.outputs())
	}
}

// preActivationBlock returns x' + conv(ReLU(norm(conv(a)))) with a = ReLU(norm(x)), and x' = x or a 1×1 convolution
// of a.
func preActivationBlock(b *builder, x *graph.Node, channels, stride int) *graph.Node {
	a := layers.ReLU(b.norm("norm1", x))
	y := b.conv("conv1", a, 3, channels, stride)
	y = b.conv("conv2", layers.ReLU(b.norm("norm2", y)), 3, channels, 1)
	if stride != 1 || x.Shape().Dim(-1) != channels {
		x = b.conv("shortcut", a, 1, channels, stride)
	}
	return graph.Add(x, y)
}
