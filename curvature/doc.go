// Package curvature measures the second derivative of a loss: its eigenvalues, trace, diagonal and spectral density,
// the sharpness measures and the landscapes made from them.
//
// A matrix H is never formed. An Operator applies it to a vector on the host, in float64; everything else needs
// nothing more, and works on any symmetric operator:
//
//	operator.go      Operator, and small ones: Dense, Shift, Scale, Preconditioned; Form
//	power.go         PowerIteration: the dominant eigenpair, signed
//	lanczos.go       Lanczos (process.go is its inside): the k largest, smallest or largest-magnitude eigenpairs; LambdaMax
//	trace.go         Hutchinson, HutchPP, XTrace
//	moments.go       Diagonal, FrobeniusNorm
//	density.go       SpectralDensity by stochastic Lanczos quadrature
//
// Operators of a GoMLX model on a set of batches:
//
//	problem.go       Problem: objective, weights, batches; loss and gradient at any point, leaving no trace
//	                 (program.go compiles its graphs, site.go is where they are built)
//	hessian.go       Hessian: exact, or by central differences of gradients
//	gaussnewton.go   generalised Gauss–Newton; fisher.go: empirical Fisher; adam.go: Adam-preconditioned
//	hvp.go           the exact product inside a graph, for optimizers
//
// And what is read from them:
//
//	sharpness.go     rise of the loss in a ball (SAM, ASAM), m-sharpness, angles to the top eigenvectors
//	edge.go          the edges of stability of gradient descent and of SAM
//	landscape.go     the loss along lines and planes; directions.go: which directions
//
// λmax always means the largest signed eigenvalue. Every result says how far it can be trusted: a residual or a standard
// error, the products spent, and why it stopped.
package curvature
