package problems

import (
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// Hyperbola is L(x, y) = ½(1 − xy)², a network of two weights in a row that has to learn the number one. Its minima are
// the hyperbola xy = 1. On it one eigenvalue is 0 and the other, the sharpness, is x² + y²: flattest at ±(1, 1).
//
//	∇L = −(1 − xy)·(y, x),   ∇²L = [[y², 2xy − 1], [2xy − 1, x²]],   L‴ along (a, b) = 6ab(bx + ay)
type Hyperbola struct{}

// Dim implements Problem.
func (Hyperbola) Dim() int { return 2 }

// Loss implements Problem.
func (p Hyperbola) Loss(w []float64) float64 {
	checkLength(p, w)
	r := 1 - w[0]*w[1]
	return r * r / 2
}

// Gradient implements Problem.
func (p Hyperbola) Gradient(w []float64) []float64 {
	checkLength(p, w)
	r := 1 - w[0]*w[1]
	return []float64{-r * w[1], -r * w[0]}
}

// Hessian implements Problem.
func (p Hyperbola) Hessian(w []float64) *mat.SymDense {
	checkLength(p, w)
	x, y := w[0], w[1]
	return mat.NewSymDense(2, []float64{y * y, 2*x*y - 1, 2*x*y - 1, x * x})
}

// ThirdDerivative implements Problem.
func (p Hyperbola) ThirdDerivative(w, v []float64) float64 {
	checkLength(p, w, v)
	return 6 * v[0] * v[1] * (v[1]*w[0] + v[0]*w[1])
}

// Graph implements Problem.
func (Hyperbola) Graph(w *graph.Node) *graph.Node {
	r := graph.OneMinus(graph.Mul(entry(w, 0), entry(w, 1)))
	return graph.MulScalar(graph.Square(r), 0.5)
}
