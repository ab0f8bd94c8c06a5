package curvature

import (
	"fmt"
	"math"
)

// Alignment says how far a gradient points along eigenvectors. The signs of the eigenvectors play no part.
type Alignment struct {
	AbsCos   []float64 // |⟨g, vᵢ⟩|/‖g‖
	AngleDeg []float64 // arccos of it, 0 to 90
	Span     float64   // the share of ‖g‖ in the span of all, √(Σ cos²)
}

// Align measures g against the vectors of orthonormal eigenpairs. For g = 0 everything is NaN. It fails when a vector
// is not as long as g.
func Align(g []float64, pairs []Eigenpair) (Alignment, error) {
	var a Alignment
	length := norm(g)
	total := 0.0
	for i, pair := range pairs {
		if len(pair.Vector) != len(g) {
			return Alignment{}, fmt.Errorf("curvature: Align got a gradient of length %d and an eigenvector %d "+
				"of length %d: want the same", len(g), i, len(pair.Vector))
		}
		c := min(math.Abs(dot(g, pair.Vector))/length, 1)
		a.AbsCos = append(a.AbsCos, c)
		a.AngleDeg = append(a.AngleDeg, math.Acos(c)*180/math.Pi)
		total += c * c
	}
	a.Span = math.Sqrt(min(total, 1))
	return a, nil
}
