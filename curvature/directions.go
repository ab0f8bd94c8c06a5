package curvature

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// FilterNormalized returns a random Gaussian direction that can be compared between networks: each of its filters is as
// long as the same filter of the weights w, as Problem.Weights gives them. The filters of a parameter are its slices
// along the last axis, one for each output of a dense or convolutional kernel. A parameter of rank 1 or 0 (biases,
// norms) gets 0. It fails unless w has Dim numbers.
//
// Reference: Li et al. (2018), "Visualizing the loss landscape of neural nets".
func (p *Problem) FilterNormalized(w []float64, seed int64) ([]float64, error) {
	if len(w) != p.Dim() {
		return nil, fmt.Errorf("curvature: FilterNormalized got %d weights: want %d, the number of parameters",
			len(w), p.Dim())
	}
	d := make([]float64, p.Dim())
	gaussian(newRandom(seed), d)
	for _, q := range p.Parameters() {
		part, weights := d[q.Offset:q.Offset+q.Size], w[q.Offset:q.Offset+q.Size]
		if len(q.Dimensions) < 2 {
			clear(part)
			continue
		}
		filters := q.Dimensions[len(q.Dimensions)-1]
		for f := range filters {
			filter := blas64.Vector{N: q.Size / filters, Inc: filters, Data: part[f:]}
			target := blas64.Nrm2(blas64.Vector{N: q.Size / filters, Inc: filters, Data: weights[f:]})
			blas64.Scal(target/blas64.Nrm2(filter), filter)
		}
	}
	return d, nil
}

// Difference returns to − from, the direction of the line between two checkpoints: t = 0 is from, t = 1 is to. It
// fails when they are not equally long.
func Difference(from, to []float64) ([]float64, error) {
	if len(from) != len(to) {
		return nil, fmt.Errorf("curvature: Difference got %d and %d weights: want the same number", len(from), len(to))
	}
	d := make([]float64, len(to))
	floats.SubTo(d, to, from)
	return d, nil
}
