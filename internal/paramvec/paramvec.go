// Package paramvec reads a slice of graph nodes, one per model parameter, as one long vector: the vector space in
// which the weights, the gradient and the Hessian's eigenvectors live.
//
// Every function takes slices of equal length whose nodes have equal shapes pair by pair, and, like every graph
// building function, panics when they do not. Sums over half-precision parameters are taken in float32; everything
// else keeps the dtype of its parameter.
package paramvec

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
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

// short is how many numbers an array has at most that is laid end to end with others for a sum. A sum is an operation of its own, which
// for some hundred numbers takes longer to begin than to do; what is laid end to end is a copy.
const short = 1 << 10

// A matrix of more than long numbers is summed in eighths of its rows, where they can be had. Both numbers are measured
// (docs/decisions/007, "In eighths").
const (
	long    = 1 << 16
	eighths = 8
)

// Dot returns the scalar ⟨x, y⟩ = Σᵢ xᵢ·yᵢ, of type DType(x). Put that first which lies in memory as parameters do, as an input of the
// graph does: their product lies as the first of them, and XLA on the CPU takes twice the time for the sum of one that lies the other
// way round, as gradients of GoMLX's matrix product do (docs/decisions/007).
func Dot(x, y []*graph.Node) *graph.Node {
	match("Dot", x, y)
	dtype := DType(x)
	var parts, shortX, shortY []*graph.Node
	for i := range x {
		xi, yi := as(x[i], dtype), as(y[i], dtype)
		if x[i] == y[i] {
			yi = xi // one node, whatever its type was
		}
		if xi.Shape().Size() > short {
			parts = append(parts, sumOfProducts(xi, yi))
			continue
		}
		shortX, shortY = append(shortX, xi), append(shortY, yi)
	}
	if len(shortX) > 0 {
		sums := graph.ReduceSum(graph.Mul(endToEnd(shortX), endToEnd(shortY)), 0)
		parts = append(parts, graph.ReduceAllSum(sums))
	}
	// XLA takes a sum of what is stacked apart, into additions that it then does again wherever the result comes in: one for each
	// parameter array, in each operation that needs it. Doubled numbers it leaves together.
	doubled := graph.MulScalar(graph.Stack(parts, 0), 2)
	return graph.MulScalar(graph.ReduceAllSum(doubled), 0.5)
}

// sumOfProducts returns Σ xᵢ·yᵢ for two arrays.
//
// That of a long matrix is taken in parts: its rows are cut into eighths, whose products are added number by number, and only that
// eighth of the numbers is summed up. XLA on the CPU sums at half the speed at which a loop could; what it makes of additions of whole
// arrays is faster, and shared among cores (docs/decisions/007). Squares of one array it sums faster: a step gains
// nothing by parts of them.
func sumOfProducts(x, y *graph.Node) *graph.Node {
	if x == y || x.Rank() != 2 || x.Shape().Size() <= long || x.Shape().Dim(0)%eighths != 0 {
		return graph.ReduceAllSum(graph.Mul(x, y))
	}
	// The derivatives by x and y are set by hand, adjoint·y and adjoint·x, where adjoint is the one by the result: GoMLX would take
	// them of each eighth, padded with zeros to the whole, and could not take them twice.
	var adjoint *graph.Node
	in := func(a, other *graph.Node) *graph.Node {
		return graph.IdentityWithCustomGradient(a, func(_, _ *graph.Node) *graph.Node { return graph.Mul(adjoint, other) })
	}
	return graph.IdentityWithCustomGradient(inEighths(in(x, y), in(y, x)), func(_, v *graph.Node) *graph.Node {
		adjoint = v
		return v
	})
}

// inEighths is sumOfProducts of two long matrices.
func inEighths(x, y *graph.Node) *graph.Node {
	rows := x.Shape().Dim(0) / eighths
	var sum *graph.Node
	for i := range eighths {
		part := graph.AxisRange(i*rows, (i+1)*rows)
		product := graph.Mul(graph.Slice(x, part), graph.Slice(y, part))
		if sum == nil {
			sum = product
			continue
		}
		sum = graph.Add(sum, product)
	}
	// Where changes nothing. But XLA would hand additions to the library that sums, which is slow at them; choices it keeps, and with them
	// the additions.
	nan := graph.Scalar(x.Graph(), x.DType(), math.NaN())
	return graph.ReduceAllSum(graph.Where(graph.Equal(sum, sum), sum, nan))
}

// endToEnd lays arrays end to end, in rows of as many numbers as a vector register holds, the last one filled up with zeros.
func endToEnd(x []*graph.Node) *graph.Node {
	const row = 16
	var size int
	flat := make([]*graph.Node, len(x))
	for i, xi := range x {
		flat[i] = graph.Reshape(xi, -1)
		size += xi.Shape().Size()
	}
	if over := size % row; over > 0 {
		flat = append(flat, graph.Zeros(x[0].Graph(), shapes.Make(x[0].DType(), row-over)))
	}
	return graph.Reshape(graph.Concatenate(flat, 0), -1, row)
}

// Norm returns the scalar ‖x‖ = √⟨x, x⟩. Its derivative at x = 0 is not defined.
func Norm(x []*graph.Node) *graph.Node { return graph.Sqrt(Dot(x, x)) }

// Scale returns a·x for a scalar node a.
func Scale(a *graph.Node, x []*graph.Node) []*graph.Node {
	return each(x, func(xi *graph.Node) *graph.Node { return graph.Mul(as(a, xi.DType()), xi) })
}

// Add returns x + y.
func Add(x, y []*graph.Node) []*graph.Node { return pairwise("Add", x, y, graph.Add) }

// Sub returns x − y.
func Sub(x, y []*graph.Node) []*graph.Node { return pairwise("Sub", x, y, graph.Sub) }

// AddScaled returns x + a·y for a scalar node a, in the types of x.
func AddScaled(x []*graph.Node, a *graph.Node, y []*graph.Node) []*graph.Node {
	return pairwise("AddScaled", x, y, func(xi, yi *graph.Node) *graph.Node {
		return graph.Add(xi, graph.Mul(as(a, xi.DType()), as(yi, xi.DType())))
	})
}

// Where returns x where the scalar condition holds and y where it does not.
func Where(condition *graph.Node, x, y []*graph.Node) []*graph.Node {
	return pairwise("Where", x, y, func(xi, yi *graph.Node) *graph.Node { return graph.Where(condition, xi, yi) })
}

// StopGradient returns x as a constant of differentiation.
func StopGradient(x []*graph.Node) []*graph.Node { return each(x, graph.StopGradient) }

// After returns x, computed when all of y is: a number of each yᵢ comes into it, multiplied by 0. Compilers hold what two
// independent computations need at the same time; of two that follow each other, what the longer one needs. Numbers of y that
// are not finite leave no trace either.
func After(x, y []*graph.Node) []*graph.Node {
	dtype := DType(x)
	var firsts []*graph.Node
	for _, yi := range y {
		first := graph.Slice(graph.Reshape(yi, -1), graph.AxisRange(0, 1))
		firsts = append(firsts, graph.StopGradient(as(first, dtype)))
	}
	// A sum, because XLA computes a sum once; single numbers it would compute again wherever they come in, from what it
	// would have to hold for it. A sum of what is concatenated it would take apart into such numbers, but for IsFinite.
	finite := graph.ConvertDType(graph.IsFinite(graph.Concatenate(firsts, 0)), dtype)
	nothing := graph.MulScalar(graph.ReduceAllSum(finite), 0)
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
