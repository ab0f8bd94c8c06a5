// Package onnx trains networks that come as ONNX files, as PyTorch and others export them.
//
//	file, err := onnx.Read("net.onnx")
//	net, err := onnx.New(file, onnx.Config{Height: 32, Width: 32, Channels: 3, Outputs: 10, DType: dtypes.Float32})
//	objective.New(net.Graph, loss)
//
// The weights of the file become variables: "conv1.weight" is the variable /conv1/weight, of the shape that it has in
// the file. Images are [batch, channels, height, width] in ONNX and [batch, height, width, channels] here: they are
// transposed at the entrance, and convolutions, poolings and batch norms compute with the channels last.
//
// What decides whether a network trains well is built from package layers: Conv, Gemm, BatchNormalization, Dropout, the
// poolings, ReLU and arithmetic. It differentiates twice on every engine. Batch norm and dropout are in training form
// wherever the file has them: batch norm starts from the file's averages. Every other operation is built by
// github.com/gomlx/onnx-gomlx, a connected region of them at a time (region.go).
//
//	wire.go, tensor.go   the messages of the file
//	file.go, check.go    reading it; what cannot be trained is an error that names the node
//	outside.go           weights in a file of their own
//	weights.go, roles.go which tensors are weights, the paths of their variables, and what they are for
//	net.go, notes.go     the network, and what in the file is changed for training
//	walk.go, value.go    node after node; head.go: the new layer
//	ops.go, image.go     the operations that are built from package layers; cutting.go: Pad and Slice
//	fold.go, older.go    numbers that are known beforehand; the operations of older files
//	resize.go            Resize; region.go: the others
//	shared.go            weights that several nodes share
//	rewrite.go           the file with other weights
package onnx
