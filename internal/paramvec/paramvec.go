// Package paramvec reads a slice of graph nodes, one per model parameter, as one long vector: the vector space in
// which the weights, the gradient and the Hessian's eigenvectors live.
//
// Every function takes slices of equal length whose nodes have equal shapes pair by pair, and, like every graph
// building function, panics when they do not. Sums over half-precision parameters are taken in float32. Of two vectors
// the result has the types of the first; it is computed in the wider type of each pair.
package paramvec

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ByteSize is the number of bytes that x takes.
func ByteSize(x []*graph.Node) int64 {
	var sum int64
	for _, xi := range x {
		sum += xi.Shape().ByteSize()
	}
	return sum
}

// DType is the type in which inner products of x are summed: float64 when a parameter has it, float32 otherwise.
func DType(x []*graph.Node) dtypes.DType {
	for _, xi := range x {
		if xi.DType() == dtypes.Float64 {
			return dtypes.Float64
		}
	}
	return dtypes.Float32
}

// Dot returns the scalar ⟨x, y⟩ = Σᵢ xᵢ·yᵢ, of type DType(x).
func Dot(x, y []*graph.Node) *graph.Node {
	match("Dot", x, y)
	dtype := DType(x)
	parts := make([]*graph.Node, len(x))
	for i := range x {
		parts[i] = graph.ReduceAllSum(graph.Mul(as(x[i], dtype), as(y[i], dtype)))
	}
	// XLA splits a sum of stacked numbers into additions, which it then repeats wherever the result is used: one for
	// each parameter array, in each operation over images. Doubled numbers it leaves together (decision 007).
	doubled := graph.MulScalar(graph.Stack(parts, 0), 2)
	return graph.MulScalar(graph.ReduceAllSum(doubled), 0.5)
}

// Norm returns the scalar ‖x‖ = √⟨x, x⟩. Its derivative at x = 0 is not defined.
func Norm(x []*graph.Node) *graph.Node { return graph.Sqrt(Dot(x, x)) }

// Scale returns a·x for a scalar node a.
func Scale(a *graph.Node, x []*graph.Node) []*graph.Node {
	return each(x, func(xi *graph.Node) *graph.Node { return graph.Mul(as(a, xi.DType()), xi) })
}

// Wide returns x with half-precision parameters in float32.
func Wide(x []*graph.Node) []*graph.Node {
	return each(x, func(xi *graph.Node) *graph.Node { return as(xi, wider(xi.DType(), xi.DType())) })
}

// Like returns x in the types of y.
func Like(y, x []*graph.Node) []*graph.Node {
	return pairwise("Like", y, x, func(yi, xi *graph.Node) *graph.Node { return as(xi, yi.DType()) })
}

// Add returns x + y.
func Add(x, y []*graph.Node) []*graph.Node { return pairwise("Add", x, y, inWider(graph.Add)) }

// Sub returns x − y.
func Sub(x, y []*graph.Node) []*graph.Node { return pairwise("Sub", x, y, inWider(graph.Sub)) }

// AddScaled returns x + a·y for a scalar node a.
func AddScaled(x []*graph.Node, a *graph.Node, y []*graph.Node) []*graph.Node {
	return pairwise("AddScaled", x, y, inWider(func(xi, yi *graph.Node) *graph.Node {
		return graph.Add(xi, graph.Mul(as(a, yi.DType()), yi))
	}))
}

// Where returns x where the scalar condition holds and y where it does not.
func Where(condition *graph.Node, x, y []*graph.Node) []*graph.Node {
	return pairwise("Where", x, y, func(xi, yi *graph.Node) *graph.Node {
		return graph.Where(condition, xi, as(yi, xi.DType()))
	})
}

// StopGradient returns x as a constant of differentiation.
func StopGradient(x []*graph.Node) []*graph.Node { return each(x, graph.StopGradient) }

// After returns x, computed only after all of y: a number of each yᵢ enters it, multiplied by 0. Numbers of y that are
// not finite leave no trace either. Compilers may hold what two independent computations need at the same time; of two
// in sequence, what the larger one needs.
func After(x, y []*graph.Node) []*graph.Node {
	dtype := DType(x)
	var firsts []*graph.Node
	for _, yi := range y {
		if yi.Shape().Size() == 0 { // it has no number
			continue
		}
		first := graph.Slice(graph.Reshape(yi, -1), graph.AxisRange(0, 1))
		firsts = append(firsts, graph.StopGradient(as(first, dtype)))
	}
	// A sum, because XLA computes a sum once. Single numbers it would compute again at each use, and hold for that what
	// they are computed from. It would split a sum of concatenated numbers into such numbers; IsFinite prevents that.
	finite := graph.ConvertDType(graph.IsFinite(graph.Concatenate(firsts, 0)), dtype)
	nothing := graph.StopGradient(graph.MulScalar(graph.ReduceAllSum(finite), 0))
	return each(x, func(xi *graph.Node) *graph.Node { return graph.Add(xi, as(nothing, xi.DType())) })
}

func each(x []*graph.Node, f func(*graph.Node) *graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(x))
	for i := range x {
		out[i] = f(x[i])
	}
	return out
}

func pairwise(name string, x, y []*graph.Node, f func(xi, yi *graph.Node) *graph.Node) []*graph.Node {
	match(name, x, y)
	out := make([]*graph.Node, len(x))
	for i := range x {
		out[i] = f(x[i], y[i])
	}
	return out
}

// inWider returns f computed in the wider of two types, in the type of the first.
func inWider(f func(xi, yi *graph.Node) *graph.Node) func(xi, yi *graph.Node) *graph.Node {
	return func(xi, yi *graph.Node) *graph.Node {
		if xi.DType() == yi.DType() {
			return f(xi, yi)
		}
		dtype := wider(xi.DType(), yi.DType())
		return as(f(as(xi, dtype), as(yi, dtype)), xi.DType())
	}
}

// wider is float64 where one of the types is, else float32.
func wider(x, y dtypes.DType) dtypes.DType {
	if x == dtypes.Float64 || y == dtypes.Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

func match(name string, x, y []*graph.Node) {
	if len(x) == 0 || len(x) != len(y) {
		exceptions.Panicf("paramvec: %s of %d and %d parameters: want the same number, at least one", name, len(x), len(y))
	}
	for i := range x {
		if !x[i].Shape().EqualDimensions(y[i].Shape()) {
			exceptions.Panicf("paramvec: %s: parameter %d has shape %s in one vector and %s in the other",
				name, i, x[i].Shape(), y[i].Shape())
		}
	}
}

func as(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() == dtype {
		return x
	}
	return graph.ConvertDType(x, dtype)
}
