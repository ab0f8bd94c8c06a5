// Package derivatives gives GoMLX's own operations the derivatives that GoMLX lacks. Importing it is enough.
//
// GoMLX differentiates backwards, and looks for the derivative of each operation in graph.VJPRegistration. A
// Hessian-vector product differentiates the resulting gradient, which has operations without a registered derivative:
// the gradient of a slice is a Pad, that of a max pooling a SelectAndScatter, that of a convolution one with exchanged
// axes. This package adds them, each in operations that have derivatives themselves, so that all orders exist.
//
//	register.go     what is added, and to what
//	modes.go        what a graph may ask for
//	parameters.go   strides, paddings and the like, which GoMLX keeps to itself
//	elementwise.go  Identity, Rsqrt, Expm1, Sign
//	pad.go          Pad, Reverse
//	pool.go         SelectAndScatterMax and -Min, the gradients of max and min pooling; sums, on the pure-Go engine
//	conv.go         the convolutions in the gradients of convolutions, and transposed ones
//	batchnorm.go    batch norm in inference, and the gradient of that in training
//
// What GoMLX can differentiate is left to it: its first derivatives stay the same to the bit, unless a graph asks for
// corrected ones (Right).
package derivatives
