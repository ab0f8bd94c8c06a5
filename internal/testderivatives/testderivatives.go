// Package testderivatives compares derivatives of operations with differences, in tests.
package testderivatives

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Operation is a function of several arrays, under test. Variables, if it needs them, go into model.GetStore of the
// graph.
type Operation func(args []*graph.Node) *graph.Node

// Check compares first and second derivatives of an operation, in float64, with central differences at a
// random point. The operation is made a scalar that bends in every direction,
//
//	L(args) = Σ w · sin(operation(args) + ½),   w random and fixed,
//
// and then, for three random directions u over all arguments,
//
//	⟨∇L, u⟩ is compared with (L(+hu) − L(−hu))/2h,   ∇²L u with (∇L(+hu) − ∇L(−hu))/2h.
//
// The point's values are spread, no two of an array closer than 1e-3, so maxima do not change hands between +hu and
// −hu. h = 1e-5 leaves an error of about h² = 1e-10 from the third derivative and of 1e-16/h = 1e-11 from rounding,
// relative to terms of size 1, of which some hundreds are added: 1e-7 of the size of the result is ample, and far
// below any mistake.
func Check(t *testing.T, b compute.Backend, op Operation, shapes ...[]int) {
	t.Helper()
	const h, tolerance = 1e-5, 1e-7
	random := rand.New(rand.NewPCG(1, uint64(len(shapes))))
	args := make([][]float64, len(shapes))
	for i, s := range shapes {
		args[i] = Spread(random, Size(s))
	}
	var weights *tensors.Tensor
	loss := func(nodes []*graph.Node) *graph.Node {
		y := op(nodes)
		if weights == nil {
			weights = tensors.FromFlatDataAndDimensions(Normal(random, y.Shape().Size()), y.Shape().Dimensions...)
		}
		return graph.ReduceAllSum(graph.Mul(graph.Const(y.Graph(), weights), graph.Sin(graph.AddScalar(y, 0.5))))
	}
	first := model.MustNewExec(b, model.NewStore(), func(_ *model.Scope, nodes []*graph.Node) []*graph.Node {
		l := loss(nodes)
		return append([]*graph.Node{l}, graph.Gradient(l, nodes...)...)
	})
	defer first.Finalize()
	n := len(shapes)
	second := model.MustNewExec(b, model.NewStore(), func(_ *model.Scope, nodes []*graph.Node) []*graph.Node {
		w, u := nodes[:n], nodes[n:]
		slope := graph.ScalarZero(w[0].Graph(), w[0].DType())
		for i, g := range graph.Gradient(loss(w), w...) {
			slope = graph.Add(slope, graph.ReduceAllSum(graph.Mul(g, u[i])))
		}
		return graph.Gradient(slope, w...)
	})
	defer second.Finalize()

	for trial := range 3 {
		u := make([][]float64, n)
		for i := range u {
			u[i] = Normal(random, len(args[i]))
		}
		at := func(step float64) (float64, [][]float64) {
			out := Call(t, first, shapes, moved(args, step, u))
			return out[0][0], out[1:]
		}
		_, gradient := at(0)
		lossUp, gradientUp := at(h)
		lossDown, gradientDown := at(-h)
		product := Call(t, second, append(append([][]int{}, shapes...), shapes...), append(append([][]float64{}, args...),
			u...))

		var slope, scale float64
		for i := range u {
			for j := range u[i] {
				slope += gradient[i][j] * u[i][j]
				scale += math.Abs(gradient[i][j] * u[i][j])
			}
		}
		if want := (lossUp - lossDown) / (2 * h); !(math.Abs(slope-want) <= tolerance*scale) {
			t.Errorf("direction %d: ⟨∇L, u⟩ = %.12g, want %.12g by central differences", trial, slope, want)
		}
		for i := range u {
			largest, worst := 0.0, 0.0
			for j := range u[i] {
				want := (gradientUp[i][j] - gradientDown[i][j]) / (2 * h)
				largest = math.Max(largest, math.Abs(want))
				worst = math.Max(worst, math.Abs(product[i][j]-want))
			}
			if !(worst <= tolerance*math.Max(largest, 1)) {
				t.Errorf("direction %d, argument %d: ∇²L u is off by %.3g, its largest entry is %.3g; central differences "+
					"want less than %g of that",
					trial, i, worst, largest, tolerance)
			}
		}
	}
}

// Spread returns n values from −1 to 1 in random order, neighbours 2/n apart.
func Spread(random *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i, j := range random.Perm(n) {
		values[i] = 2*(float64(j)+0.5)/float64(n) - 1
	}
	return values
}

// Normal returns n normally distributed numbers.
func Normal(random *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	return values
}

func moved(args [][]float64, step float64, u [][]float64) [][]float64 {
	out := make([][]float64, len(args))
	for i := range args {
		out[i] = make([]float64, len(args[i]))
		for j := range args[i] {
			out[i][j] = args[i][j] + step*u[i][j]
		}
	}
	return out
}

// Size is the number of numbers in an array.
func Size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Call runs a graph on float64 arrays and returns its results as flat arrays.
func Call(t *testing.T, e *model.Exec, shapes [][]int, args [][]float64) [][]float64 {
	t.Helper()
	inputs := make([]any, len(args))
	for i := range args {
		inputs[i] = tensors.FromFlatDataAndDimensions(args[i], shapes[i]...)
	}
	outputs, err := e.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	flat := make([][]float64, len(outputs))
	for i, o := range outputs {
		flat[i] = tensors.MustCopyFlatData[float64](o)
		o.MustFinalizeAll()
	}
	return flat
}

// Run builds and runs an operation once and returns the shape and the values of its result.
func Run(t *testing.T, b compute.Backend, op Operation, shapes [][]int, args [][]float64) ([]int, []float64) {
	t.Helper()
	var dims []int
	e := model.MustNewExec(b, model.NewStore(), func(_ *model.Scope, nodes []*graph.Node) []*graph.Node {
		y := op(nodes)
		dims = y.Shape().Dimensions
		return []*graph.Node{y}
	})
	defer e.Finalize()
	return dims, Call(t, e, shapes, args)[0]
}

// MaxDifference is the largest absolute difference, NaN if the lengths differ or a value is NaN.
func MaxDifference(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.NaN()
	}
	worst := 0.0
	for i := range a {
		worst = math.Max(worst, math.Abs(a[i]-b[i])) // math.Max keeps NaN
	}
	return worst
}

// Zeros is a float64 tensor of zeros.
func Zeros(dims []int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(make([]float64, Size(dims)), dims...)
}
