package problems

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
)

// Softmax is softmax regression: the mean cross-entropy of a linear classifier of d features into K classes,
//
//	L(w) = mean over examples (x, y) of  log Σₖ exp zₖ − z_y,    zₖ = Σₐ xₐ w[a·K + k]
//
// so that w, read in rows, is the [d, K] matrix of weights; there are no biases. With p = softmax(z) and e_y the y-th
// unit vector,
//
//	∇L  = mean of x ⊗ (p − e_y)
//	∇²L = mean of xxᵀ ⊗ (diag p − ppᵀ)
//	L‴  = mean of the third central moment under p of the numbers (xᵀV)ₖ, along the direction V
//
// The Hessian is also the Gauss–Newton matrix: it has no negative eigenvalue, and at least d that are 0, since adding
// the same number to all logits changes nothing.
type Softmax struct {
	x       [][]float64
	labels  []int
	classes int
}

// NewSoftmax returns the regression of labels, each in [0, classes), on x, one row an example. It fails when the
// sizes do not fit or a label is out of range.
func NewSoftmax(x [][]float64, labels []int, classes int) (*Softmax, error) {
	if err := checkTable("Softmax", x); err != nil {
		return nil, err
	}
	if len(labels) != len(x) {
		return nil, fmt.Errorf("problems: Softmax got %d labels for %d examples: want one each", len(labels), len(x))
	}
	for i, label := range labels {
		if label < 0 || label >= classes {
			return nil, fmt.Errorf("problems: Softmax: label %d of example %d is not one of %d classes", label, i, classes)
		}
	}
	return &Softmax{x: cloneTable(x), labels: slices.Clone(labels), classes: classes}, nil
}

// Dim implements Problem: features times classes.
func (p *Softmax) Dim() int { return len(p.x[0]) * p.classes }

// logits returns z = xᵀW for one example.
func (p *Softmax) logits(x, w []float64) []float64 {
	z := make([]float64, p.classes)
	for a := range x {
		for k := range z {
			z[k] += x[a] * w[a*p.classes+k]
		}
	}
	return z
}

// normalise returns the probabilities softmax(z) and log Σ exp zₖ.
func normalise(z []float64) (p []float64, logSum float64) {
	top := slices.Max(z)
	p = make([]float64, len(z))
	sum := 0.0
	for k := range z {
		p[k] = math.Exp(z[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p, top + math.Log(sum)
}

// Loss implements Problem.
func (p *Softmax) Loss(w []float64) float64 {
	checkLength(p, w)
	sum := 0.0
	for i, x := range p.x {
		z := p.logits(x, w)
		_, logSum := normalise(z)
		sum += logSum - z[p.labels[i]]
	}
	return sum / float64(len(p.x))
}

// Gradient implements Problem.
func (p *Softmax) Gradient(w []float64) []float64 {
	checkLength(p, w)
	g := make([]float64, len(w))
	for i, x := range p.x {
		delta, _ := normalise(p.logits(x, w))
		delta[p.labels[i]]--
		for a := range x {
			for k := range delta {
				g[a*p.classes+k] += x[a] * delta[k] / float64(len(p.x))
			}
		}
	}
	return g
}

// Hessian implements Problem.
func (p *Softmax) Hessian(w []float64) *mat.SymDense {
	checkLength(p, w)
	h := mat.NewSymDense(len(w), nil)
	for _, x := range p.x {
		prob, _ := normalise(p.logits(x, w))
		for i := range w {
			for j := i; j < len(w); j++ {
				a, k, b, l := i/p.classes, i%p.classes, j/p.classes, j%p.classes
				covariance := -prob[k] * prob[l]
				if k == l {
					covariance += prob[k]
				}
				h.SetSym(i, j, h.At(i, j)+x[a]*x[b]*covariance/float64(len(p.x)))
			}
		}
	}
	return h
}

// ThirdDerivative implements Problem.
func (p *Softmax) ThirdDerivative(w, v []float64) float64 {
	checkLength(p, w, v)
	sum := 0.0
	for _, x := range p.x {
		prob, _ := normalise(p.logits(x, w))
		dz := p.logits(x, v)
		mean := dot(prob, dz)
		for k := range dz {
			sum += prob[k] * math.Pow(dz[k]-mean, 3)
		}
	}
	return sum / float64(len(p.x))
}

// Graph implements Problem.
func (p *Softmax) Graph(w *graph.Node) *graph.Node {
	g, dtype := w.Graph(), w.DType()
	x := graph.ConstAsDType(g, dtype, p.x)
	target := make([][]float64, len(p.x))
	for i := range target {
		target[i] = make([]float64, p.classes)
		target[i][p.labels[i]] = 1
	}
	z := graph.MatMul(x, graph.Reshape(w, len(p.x[0]), p.classes))
	right := graph.Mul(graph.LogSoftmax(z, -1), graph.ConstAsDType(g, dtype, target))
	return graph.MulScalar(graph.ReduceAllSum(right), -1/float64(len(p.x)))
}
