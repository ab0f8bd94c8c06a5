// Package problems holds small losses whose gradient, Hessian, spectrum and third derivative are known on paper: the
// truth that tests and examples of everything else are held against.
//
// Each is given twice: on the host in float64, in closed form, and as a GoMLX graph function, from which automatic
// differentiation has to find the same. ModelFn, LossFn and NewDataset put one under GoMLX's trainer.
//
// Files: quadratic.go, hyperbola.go, rosenbrock.go, leastsquares.go, softmax.go (one loss each), train.go.
package problems

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// Problem is a loss L of a vector w of Dim() weights, with its derivatives in closed form. Vectors of another length
// make its methods panic.
type Problem interface {
	// Dim is the number of weights.
	Dim() int

	// Loss returns L(w).
	Loss(w []float64) float64

	// Gradient returns ∇L(w).
	Gradient(w []float64) []float64

	// Hessian returns ∇²L(w), [Dim, Dim].
	Hessian(w []float64) *mat.SymDense

	// ThirdDerivative returns the third derivative of s ↦ L(w + s·v) at s = 0: how fast the curvature vᵀ∇²L v grows
	// along v. v need not be a unit vector.
	ThirdDerivative(w, v []float64) float64

	// Graph returns L(w) as a scalar node of the type of w, a node of shape [Dim].
	Graph(w *graph.Node) *graph.Node
}

// Spectrum returns the eigenvalues of the Hessian at w in ascending order, from a dense decomposition.
func Spectrum(p Problem, w []float64) []float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(p.Hessian(w), false) {
		panic(fmt.Errorf("problems: the Hessian of %T at %v has no eigenvalues: is an entry not finite?", p, w))
	}
	return eigen.Values(nil)
}

// entry returns w[i] of a vector node as a scalar.
func entry(w *graph.Node, i int) *graph.Node {
	n := w.Shape().Dim(0)
	pick := make([]float64, n)
	pick[i] = 1
	return graph.ReduceAllSum(graph.Mul(w, graph.ConstAsDType(w.Graph(), w.DType(), pick)))
}

// checkLength panics when a vector does not have the length that p wants.
func checkLength(p Problem, vectors ...[]float64) {
	for _, x := range vectors {
		if len(x) != p.Dim() {
			panic(fmt.Errorf("problems: %T got a vector of length %d: want %d", p, len(x), p.Dim()))
		}
	}
}

// checkTable returns an error when the examples x are not a table of at least one row and one column.
func checkTable(who string, x [][]float64) error {
	if len(x) == 0 || len(x[0]) == 0 {
		return fmt.Errorf("problems: %s got no examples or no features: want at least one of each", who)
	}
	for i := range x {
		if len(x[i]) != len(x[0]) {
			return fmt.Errorf("problems: %s: example %d has %d features and example 0 has %d: want the same number",
				who, i, len(x[i]), len(x[0]))
		}
	}
	return nil
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
