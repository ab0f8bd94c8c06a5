package models

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// stage is a run of residual blocks with the same number of channels.
type stage struct{ channels, blocks int }

// shortcut carries the input of a residual block to its end where the shape changes: to that many channels, with the
// given stride. (Where the shape stays, the input itself is added.)
type shortcut func(b *builder, x *graph.Node, channels, stride int) *graph.Node

// resnet8 has 16 channels in the first convolution, then three stages of one block with 16, 32 and 64 channels, and
// projection shortcuts (option B). 78,042 parameters at 3 channels and 10 classes.
func resnet8(b *builder, x *graph.Node) *graph.Node {
	return resnet(b, x, []stage{{16, 1}, {32, 1}, {64, 1}}, projectAndNorm)
}

// resnet20 is the 20-layer network for CIFAR of He et al. (2016), arXiv:1512.03385, §4.2, n = 3: 16 channels in the
// first convolution, three stages of three blocks with 16, 32 and 64 channels, shortcuts without parameters (option
// A). 269,722 parameters at 3 channels and 10 classes (published: 0.27 M).
func resnet20(b *builder, x *graph.Node) *graph.Node {
	return resnet(b, x, []stage{{16, 3}, {32, 3}, {64, 3}}, subsampleAndPad)
}

// resnet18 is the 18-layer network of the same paper in the form that is in common use for CIFAR: a 3×3 first
// convolution with stride 1 and no pooling after it, four stages of two blocks with 64, 128, 256 and 512 channels,
// projection shortcuts (option B). 11,173,962 parameters at 3 channels and 10 classes (published: 11.17 M).
func resnet18(b *builder, x *graph.Node) *graph.Node {
	return resnet(b, x, []stage{{64, 2}, {128, 2}, {256, 2}, {512, 2}}, projectAndNorm)
}

// resnet34 is the 34-layer network of the same paper in the same form: its four stages have 3, 4, 6 and 3 blocks.
// 21,282,122 parameters at 3 channels and 10 classes (published: 21.28 M).
func resnet34(b *builder, x *graph.Node) *graph.Node {
	return resnet(b, x, []stage{{64, 3}, {128, 4}, {256, 6}, {512, 3}}, projectAndNorm)
}

// resnet is conv–norm–ReLU, the stages, global mean pooling and a dense layer. All convolutions of the main path are
// 3×3 without biases. The first block of each stage but the first halves the resolution.
func resnet(b *builder, x *graph.Node, stages []stage, change shortcut) *graph.Node {
	x = layers.ReLU(b.norm("norm", b.conv("conv", x, 3, stages[0].channels, 1)))
	for i, s := range stages {
		for j := range s.blocks {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			x = residualBlock(b.in("stage%d_block%d", i+1, j+1), x, s.channels, stride, change)
		}
	}
	return b.dense("logits", layers.GlobalMeanPool(x), b.config.outputs())
}

// residualBlock returns ReLU(x' + norm(conv(ReLU(norm(conv(x)))))) with x' = x or its shortcut.
func residualBlock(b *builder, x *graph.Node, channels, stride int, change shortcut) *graph.Node {
	y := layers.ReLU(b.norm("norm1", b.conv("conv1", x, 3, channels, stride)))
	y = b.norm("norm2", b.conv("conv2", y, 3, channels, 1))
	if stride != 1 || x.Shape().Dim(-1) != channels {
		x = change(b, x, channels, stride)
	}
	return layers.ReLU(graph.Add(x, y))
}

// projectAndNorm is option B of He et al. (2016): a 1×1 convolution with batch norm.
func projectAndNorm(b *builder, x *graph.Node, channels, stride int) *graph.Node {
	return b.norm("shortcut_norm", b.conv("shortcut", x, 1, channels, stride))
}

// subsampleAndPad is option A of He et al. (2016): every stride-th pixel, with channels of zeros added in equal parts
// before and after. No parameters.
func subsampleAndPad(_ *builder, x *graph.Node, channels, stride int) *graph.Node {
	added := channels - x.Shape().Dim(-1)
	x = layers.Subsample(x, stride)
	return layers.Pad(x, 0, layers.Padding{}, layers.Padding{}, layers.Padding{},
		layers.Padding{Before: added / 2, After: added - added/2})
}
