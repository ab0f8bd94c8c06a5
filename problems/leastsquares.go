package problems

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// LeastSquares is linear regression, L(w) = ‖X w − y‖²/(2n) over n examples, with the Hessian XᵀX/n everywhere and
// third derivative 0.
type LeastSquares struct {
	x [][]float64
	y []float64
}

// NewLeastSquares returns the regression of y, one number an example, on x, one row an example. It fails when the
// sizes do not fit.
func NewLeastSquares(x [][]float64, y []float64) (*LeastSquares, error) {
	if err := checkTable("LeastSquares", x); err != nil {
		return nil, err
	}
	if len(y) != len(x) {
		return nil, fmt.Errorf("problems: LeastSquares got %d targets for %d examples: want one each", len(y), len(x))
	}
	return &LeastSquares{x: cloneTable(x), y: slices.Clone(y)}, nil
}

// Dim implements Problem: the number of features.
func (p *LeastSquares) Dim() int { return len(p.x[0]) }

// Loss implements Problem.
func (p *LeastSquares) Loss(w []float64) float64 {
	checkLength(p, w)
	sum := 0.0
	for i, x := range p.x {
		r := dot(x, w) - p.y[i]
		sum += r * r
	}
	return sum / float64(2*len(p.x))
}

// Gradient implements Problem: Xᵀ(X w − y)/n.
func (p *LeastSquares) Gradient(w []float64) []float64 {
	checkLength(p, w)
	g := make([]float64, len(w))
	for i, x := range p.x {
		r := dot(x, w) - p.y[i]
		for a := range g {
			g[a] += r * x[a] / float64(len(p.x))
		}
	}
	return g
}

// Hessian implements Problem.
func (p *LeastSquares) Hessian(w []float64) *mat.SymDense {
	checkLength(p, w)
	h := mat.NewSymDense(len(w), nil)
	for _, x := range p.x {
		h.SymRankOne(h, 1/float64(len(p.x)), mat.NewVecDense(len(x), x))
	}
	return h
}

// ThirdDerivative implements Problem.
func (p *LeastSquares) ThirdDerivative(w, v []float64) float64 {
	checkLength(p, w, v)
	return 0
}

// Graph implements Problem.
func (p *LeastSquares) Graph(w *graph.Node) *graph.Node {
	x := graph.ConstAsDType(w.Graph(), w.DType(), p.x)
	y := graph.ConstAsDType(w.Graph(), w.DType(), p.y)
	residuals := graph.Sub(graph.Reshape(graph.MatMul(x, graph.Reshape(w, p.Dim(), 1)), len(p.y)), y)
	return graph.MulScalar(graph.ReduceAllSum(graph.Square(residuals)), 1/float64(2*len(p.y)))
}

func cloneTable(x [][]float64) [][]float64 {
	y := make([][]float64, len(x))
	for i := range x {
		y[i] = slices.Clone(x[i])
	}
	return y
}
