package models

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// vggSide is the size of image, in pixels, of which five poolings leave one pixel.
const vggSide = 32

// vgg11 is VGG-11 (configuration A of Simonyan and Zisserman 2014, arXiv:1409.1556) in the form that is in common use
// for images of 32×32 pixels: eight 3×3 convolutions with biases, each followed by batch norm and ReLU; 2×2 max pooling
// after the first, second, fourth, sixth and eighth; and a single dense layer. No dropout. Smaller images are framed
// with zeros up to 32 pixels.
//
// The convolutions have width, 2, 4, 4, 8, 8, 8 and 8 times as many channels. With 64, "vgg11-bn", there are 9,231,114
// parameters at 3 channels and 10 classes; "vgg11-bn-narrow" has 16 and 579,786. 2,752 and 688 of them are the biases
// of the convolutions: a batch norm removes them with the mean, so the loss in training does not depend on them. They
// are kept because the published networks have them.
func vgg11(width int) func(b *builder, x *graph.Node) *graph.Node {
	return func(b *builder, x *graph.Node) *graph.Node {
		x = framed(x, vggSide)
		layer := 0
		for _, group := range [][]int{{1}, {2}, {4, 4}, {8, 8}, {8, 8}} {
			for _, times := range group {
				layer++
				at := b.in("conv%d", layer)
				x = layers.ReLU(at.norm("norm", at.convBias(x, 3, times*width, 1, 1)))
			}
			x = layers.MaxPool(x, 2).Done()
		}
		return b.dense("logits", layers.Flatten(x), b.config.outputs())
	}
}
