// Package curvature measures the second derivative of a loss: its eigenvalues, trace, diagonal and spectral density,
// and the measures of sharpness and the landscapes that are made from them.
//
// From a model, a loss and a data set to the five largest eigenvalues:
//
//	problem, err := curvature.ProblemOf(ctx, engine, store, objective.New(modelFn, lossFn), data)
//	top, err := curvature.Top(ctx, problem, 5) // top.Pairs: Value, Vector, Residual, Converged
//
// The loss is that of evaluation: batch norm uses its running averages, dropout is off. For batch norm as in training,
// for a block of layers, or with regularisation, NewProblem takes ProblemOptions.
//
// The matrix H is never formed. An Operator applies it to a vector, on the host, in float64. The solvers need nothing
// more, and work on any symmetric operator:
//
//	top.go           Top: the largest eigenvalues of a Problem, in one call
//	lanczos.go       Lanczos: the k largest, smallest or largest-magnitude eigenpairs; LambdaMax
//	                 (thickrestart.go: its basis; lapack.go: small operators, as matrices)
//	power.go         PowerIteration: the dominant eigenpair, signed
//	limits.go        when they stop; result.go: what they return
//	trace.go         Hutchinson, HutchPP; xtrace.go: XTrace
//	diagonal.go      Diagonal; frobenius.go: FrobeniusNorm
//	density.go       SpectralDensity, by stochastic Lanczos quadrature
//	estimate.go      what the random estimators return; random.go: what they draw
//
// The operators:
//
//	operator.go      Operator, and small ones: Dense, Shift, Scale, Preconditioned; Form
//	hessian.go       Hessian, exact or automatic; difference.go: by central differences of gradients
//	gaussnewton.go   generalised Gauss–Newton
//	fisher.go        empirical Fisher
//	adam.go          the scales of the Adam-preconditioned Hessian
//	hvp.go           the exact product inside a graph, for optimizers
//
// The loss that they are made from:
//
//	problem.go       Problem: objective, weights, batches; mode.go: how its model is built
//	loss.go          its loss and gradient at any point, leaving no trace
//	parameters.go    its parameters as one vector; batches.go: its batches
//	batchgraph.go    the graph of one batch; program.go: compiled; transfer.go: numbers to and from the device
//
// And what is read from them:
//
//	sharpness.go     rise of the loss in a ball (SAM, ASAM), m-sharpness
//	alignment.go     angles between a gradient and the top eigenvectors
//	edge.go          the edges of stability of gradient descent, Adam and SAM
//	landscape.go     the loss along lines and planes; directions.go, trajectory.go: which ones
//
// λmax always means the largest signed eigenvalue. Every result says how far it can be trusted: a residual or a
// standard error, the products taken, and why it stopped.
package curvature
