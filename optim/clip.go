package optim

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Clip returns base with its gradient shortened to a norm of at most maxNorm (> 0, in the units of the gradient):
//
//	g ← g·min(1, maxNorm/‖g‖)
//
// ‖g‖ is the Euclidean norm of the gradients of all trainable variables, read as one vector. The direction stays. The
// norm cannot overflow: any finite gradient is clipped as it should be. A gradient that is not finite goes to base as
// it is.
//
// As a base of package xsam it clips the corrected gradient, not the two gradients of the loss.
//
// Clip panics when maxNorm is not a finite number > 0, and when base does not take gradients.
func Clip(base optimizer.Interface, maxNorm float64) Optimizer {
	if !(maxNorm > 0 && maxNorm <= math.MaxFloat64) {
		exceptions.Panicf("optim: Clip to a norm of %v: want a finite number > 0; leave Clip out for no clipping",
			maxNorm)
	}
	return &clip{takesGradients("Clip", base), maxNorm}
}

type clip struct {
	base    Optimizer
	maxNorm float64
}

// UpdateGraph implements optimizer.Interface.
func (c *clip) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	c.UpdateGraphWithGradients(scope, gradientOf(scope, g, loss), loss.DType())
}

// UpdateGraphWithGradients implements train.OptimizeWithGradients.
func (c *clip) UpdateGraphWithGradients(scope *model.Scope, gradients []*graph.Node, lossDType dtypes.DType) {
	factor := clipFactor(gradients, c.maxNorm)
	clipped := make([]*graph.Node, len(gradients))
	for i, g := range gradients {
		dtype := workingDType(g.DType())
		clipped[i] = as(graph.Mul(as(g, dtype), as(factor, dtype)), g.DType())
	}
	c.base.UpdateGraphWithGradients(scope, clipped, workingDType(lossDType))
}

// Clear implements optimizer.Interface.
func (c *clip) Clear(scope *model.Scope) error { return c.base.Clear(scope) }

// clipFactor returns the scalar min(1, maxNorm/‖g‖), and 1 where ‖g‖ is 0 or g is not finite.
//
// With the largest magnitude s = max|gᵢ|, it is maxNorm/s divided by ‖g/s‖, a number between 1 and √n: squares of
// numbers near the ends of the floating-point range never occur.
func clipFactor(gradients []*graph.Node, maxNorm float64) *graph.Node {
	g := graphOf("Clip", gradients)
	dtype := dtypes.Float32
	for _, gi := range gradients {
		if gi.DType() == dtypes.Float64 {
			dtype = dtypes.Float64
		}
	}
	one := graph.ScalarOne(g, dtype)
	var largest *graph.Node
	for _, gi := range gradients {
		m := graph.ReduceAllMax(graph.Abs(as(gi, dtype)))
		if largest == nil {
			largest = m
		} else {
			largest = graph.Max(largest, m)
		}
	}
	largest = graph.Where(graph.GreaterThan(largest, graph.ScalarZero(g, dtype)), largest, one)
	sum := graph.ScalarZero(g, dtype)
	for _, gi := range gradients {
		sum = graph.Add(sum, graph.ReduceAllSum(graph.Square(graph.Div(as(gi, dtype), largest))))
	}
	relative := graph.Sqrt(sum) // ‖g‖/largest; NaN when g is not finite
	limit := graph.Div(graph.Scalar(g, dtype, maxNorm), largest)
	// The norms are compared, and not their quotient with 1: XLA multiplies by an inverse root, which rounds on some
	// processors.
	clips := graph.GreaterThan(relative, limit) // false also for NaN
	return graph.Where(clips, graph.Div(limit, relative), one)
}
