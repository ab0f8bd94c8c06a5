// Package layers has the building blocks of image models that can be differentiated twice, on every backend.
//
// A Hessian-vector product is the gradient of a gradient, so the gradient of each operation must itself consist of
// operations that have a gradient. GoMLX's own convolution, max pooling and batch normalisation do not reach that far
// (or only on one backend). Those of this package do, and to any order:
//
//	Convolve                  stride, dilation, padding, groups       conv.go, convforms.go, im2col.go
//	MaxPool, MeanPool         overlapping or not, padding             pool.go
//	GlobalMeanPool                                                    pool.go
//	BatchNorm                 batch statistics or running averages    batchnorm.go
//	ReLU, Dense, Flatten                                              dense.go
//	Slice, Pad                the linear operations under them        slice.go
//
// Images are [batch, height, width, channels], convolution kernels [height, width, input channels, output channels].
//
// The operations join in GoMLX's automatic differentiation through graph.VJPRegistration (see adjoint.go). Nodes made
// elsewhere keep GoMLX's own gradients, but for convolutions beside one of this package, which get those of package
// derivatives. GoMLX copies the nodes of a block between Node.Checkpoint and Node.StopCheckpoint: the derivatives are
// the same there, and slower.
package layers
