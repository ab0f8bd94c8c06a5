package problems

import (
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// Rosenbrock is L(x, y) = (1 − x)² + 100(y − x²)²: a narrow curved valley with its minimum at (1, 1), where the
// Hessian is [[802, −400], [−400, 200]] and its condition number about 2,500.
//
// Reference: Rosenbrock (1960), "An automatic method for finding the greatest or least value of a function".
type Rosenbrock struct{}

// Dim implements Problem.
func (Rosenbrock) Dim() int { return 2 }

// Loss implements Problem.
func (p Rosenbrock) Loss(w []float64) float64 {
	checkLength(p, w)
	a, b := 1-w[0], w[1]-w[0]*w[0]
	return a*a + 100*b*b
}

// Gradient implements Problem.
func (p Rosenbrock) Gradient(w []float64) []float64 {
	checkLength(p, w)
	a, b := 1-w[0], w[1]-w[0]*w[0]
	return []float64{-2*a - 400*w[0]*b, 200 * b}
}

// Hessian implements Problem.
func (p Rosenbrock) Hessian(w []float64) *mat.SymDense {
	checkLength(p, w)
	x, y := w[0], w[1]
	return mat.NewSymDense(2, []float64{2 - 400*y + 1200*x*x, -400 * x, -400 * x, 200})
}

// ThirdDerivative implements Problem.
func (p Rosenbrock) ThirdDerivative(w, v []float64) float64 {
	checkLength(p, w, v)
	return 2400*w[0]*v[0]*v[0]*v[0] - 1200*v[0]*v[0]*v[1]
}

// Graph implements Problem.
func (Rosenbrock) Graph(w *graph.Node) *graph.Node {
	x, y := entry(w, 0), entry(w, 1)
	a := graph.OneMinus(x)
	b := graph.Sub(y, graph.Square(x))
	return graph.Add(graph.Square(a), graph.MulScalar(graph.Square(b), 100))
}
