package models

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// perceptron has hidden layers of ReLU units on the pixels as one vector. With dropout, hidden units are dropped
// after each ReLU. The mlp has two layers of 128.
func perceptron(depth, width int) func(b *builder, x *graph.Node) *graph.Node {
	return func(b *builder, x *graph.Node) *graph.Node {
		x = layers.Flatten(x)
		for i := range depth {
			x = b.dropout(layers.ReLU(b.dense(fmt.Sprintf("hidden%d", i+1), x, width)))
		}
		return b.dense("logits", x, b.config.outputs())
	}
}

// cnn has two 3×3 convolutions of 16 and 32 channels with biases, each followed by ReLU and 2×2 max pooling, then a
// dense layer of 64 ReLU units. No batch norm. With dropout, units of the dense layer are dropped.
func cnn(b *builder, x *graph.Node) *graph.Node {
	for i, channels := range []int{16, 32} {
		x = b.in("conv%d", i+1).convReLU(x, 3, channels, 1, 1)
		x = layers.MaxPool(x, 2).Done()
	}
	x = b.dropout(layers.ReLU(b.dense("hidden", layers.Flatten(x), 64)))
	return b.dense("logits", x, b.config.outputs())
}

// alexnetSide is the size of image, in pixels, that alexnet is made for.
const alexnetSide = 32

// alexnet is the form of AlexNet (Krizhevsky et al. 2012) that is in common use for images of 32×32 pixels: five
// convolutions with biases and ReLU, 11×11 with stride 4 and padding 5, 5×5, and three 3×3; 2×2 max pooling after the
// first, second and fifth; and a single dense layer. No dropout, no normalisation. Smaller images are framed with
// zeros up to 32 pixels, since less than 29 leave nothing to the last pooling.
//
// The channels of "alexnet" are those of Krizhevsky's one-column version (2014, arXiv:1404.5997), 64, 192, 384, 256,
// 256: 2,472,266 parameters at 3 channels and 10 classes. "alexnet-narrow" has a quarter of each, 159,578 parameters.
func alexnet(channels [5]int) func(b *builder, x *graph.Node) *graph.Node {
	return func(b *builder, x *graph.Node) *graph.Node {
		x = framed(x, alexnetSide)
		x = b.in("conv1").convReLU(x, 11, channels[0], 4, 5)
		x = layers.MaxPool(x, 2).Done()
		x = b.in("conv2").convReLU(x, 5, channels[1], 1, 2)
		x = layers.MaxPool(x, 2).Done()
		x = b.in("conv3").convReLU(x, 3, channels[2], 1, 1)
		x = b.in("conv4").convReLU(x, 3, channels[3], 1, 1)
		x = b.in("conv5").convReLU(x, 3, channels[4], 1, 1)
		x = layers.MaxPool(x, 2).Done()
		return b.dense("logits", layers.Flatten(x), b.config.outputs())
	}
}

// framed puts zeros around images until both sides have the given number of pixels; larger ones stay as they are.
func framed(x *graph.Node, side int) *graph.Node {
	frame := func(size int) layers.Padding {
		missing := max(0, side-size)
		return layers.Padding{Before: missing / 2, After: missing - missing/2}
	}
	rows, columns := frame(x.Shape().Dim(1)), frame(x.Shape().Dim(2))
	if rows == (layers.Padding{}) && columns == (layers.Padding{}) {
		return x
	}
	return layers.Pad(x, 0, layers.Padding{}, rows, columns, layers.Padding{})
}
