package curvature

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Trajectory is a path of weights in the plane of its principal components.
type Trajectory struct {
	Directions  [][]float64 // orthonormal, most of the path first
	Coordinates [][]float64 // by point, one number for each direction, relative to the last point
	// Explained is the share of the squared distances from the last point along each direction. A random walk in many
	// dimensions has high shares too, about 0.6 and 0.15: they are no sign of structure by themselves.
	Explained []float64
}

// PrincipalPlane returns the k principal directions of a trajectory, 1 ≤ k < points, seen from its last point: those
// that hold most of Σ‖wᵢ − w_last‖². It works on the points' Gram matrix, so it costs points² inner products. It
// fails when the points are not equally long, not finite, or do not span k directions.
//
// Reference: Li et al. (2018), "Visualizing the loss landscape of neural nets"; Antognini and Sohl-Dickstein (2018),
// "PCA of high dimensional random walks with comparison to neural network training".
func PrincipalPlane(points [][]float64, k int) (Trajectory, error) {
	m := len(points) - 1
	if m < 1 || k < 1 || k > m {
		return Trajectory{}, fmt.Errorf("curvature: PrincipalPlane got %d points and k = %d: "+
			"want at least 2 points and 1 ≤ k < points", len(points), k)
	}
	last := points[m]
	n := len(last)
	offsets := mat.NewDense(m, n, nil)
	for i := range m {
		if len(points[i]) != n {
			return Trajectory{}, fmt.Errorf("curvature: PrincipalPlane: point %d has %d weights and the last one %d: "+
				"want the same", i, len(points[i]), n)
		}
		floats.SubTo(offsets.RawRowView(i), points[i], last)
	}
	gram := mat.NewSymDense(m, nil)
	gram.SymOuterK(1, offsets)
	values, vectors := eigenSym(gram)
	total := floats.Sum(values)
	if !(total > 0) || math.IsInf(total, 0) {
		return Trajectory{}, errors.New("curvature: PrincipalPlane got points that do not differ, or are not finite")
	}
	tr := Trajectory{Coordinates: make([][]float64, m+1)}
	for j := range k {
		at := m - 1 - j // ascending order
		if values[at] <= 1e-13*total {
			return Trajectory{}, fmt.Errorf("curvature: the trajectory has %d dimensions: want at least k = %d", j, k)
		}
		d := make([]float64, n)
		coefficients := vector(mat.Col(nil, at, vectors))
		blas64.Gemv(blas.Trans, 1/math.Sqrt(values[at]), offsets.RawMatrix(), coefficients, 0, vector(d))
		tr.Directions = append(tr.Directions, d)
		tr.Explained = append(tr.Explained, values[at]/total)
		for i := range m {
			tr.Coordinates[i] = append(tr.Coordinates[i], dot(offsets.RawRowView(i), d))
		}
		tr.Coordinates[m] = append(tr.Coordinates[m], 0)
	}
	return tr, nil
}
