package problems

import (
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// Quadratic is L(w) = ½ wᵀH w, with gradient H w, the Hessian H everywhere and third derivative 0.
type Quadratic struct {
	h *mat.SymDense
}

// NewQuadratic returns the quadratic with Hessian h, which may have eigenvalues of either sign. h is copied.
func NewQuadratic(h mat.Symmetric) *Quadratic {
	q := &Quadratic{h: mat.NewSymDense(h.SymmetricDim(), nil)}
	q.h.CopySym(h)
	return q
}

// NewDiagonal returns the quadratic ½ Σᵢ λᵢ wᵢ², whose Hessian has the given eigenvalues, along the axes.
func NewDiagonal(eigenvalues ...float64) *Quadratic {
	h := mat.NewSymDense(len(eigenvalues), nil)
	for i, lambda := range eigenvalues {
		h.SetSym(i, i, lambda)
	}
	return &Quadratic{h: h}
}

// Dim implements Problem.
func (q *Quadratic) Dim() int { return q.h.SymmetricDim() }

// Loss implements Problem.
func (q *Quadratic) Loss(w []float64) float64 { return dot(w, q.Gradient(w)) / 2 }

// Gradient implements Problem.
func (q *Quadratic) Gradient(w []float64) []float64 {
	checkLength(q, w)
	g := mat.NewVecDense(q.Dim(), nil)
	g.MulVec(q.h, mat.NewVecDense(len(w), w))
	return g.RawVector().Data
}

// Hessian implements Problem.
func (q *Quadratic) Hessian(w []float64) *mat.SymDense {
	checkLength(q, w)
	h := mat.NewSymDense(q.Dim(), nil)
	h.CopySym(q.h)
	return h
}

// ThirdDerivative implements Problem.
func (q *Quadratic) ThirdDerivative(w, v []float64) float64 {
	checkLength(q, w, v)
	return 0
}

// Graph implements Problem.
func (q *Quadratic) Graph(w *graph.Node) *graph.Node {
	n := q.Dim()
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
		for j := range rows[i] {
			rows[i][j] = q.h.At(i, j)
		}
	}
	h := graph.ConstAsDType(w.Graph(), w.DType(), rows)
	column := graph.Reshape(w, n, 1)
	return graph.MulScalar(graph.ReduceAllSum(graph.Mul(column, graph.MatMul(h, column))), 0.5)
}
