package problems_test

import (
	"fmt"

	"github.com/xsam-go/xsam/problems"
)

// On the minima xy = 1 the Hessian of ½(1 − xy)² has the eigenvalues 0 and x² + y²; at (2, ½) that is 4.25. Along its
// sharp direction (1, 4)/√17 the curvature grows.
func ExampleSpectrum() {
	w := []float64{2, 0.5}
	fmt.Println(problems.Spectrum(problems.Hyperbola{}, w))
	fmt.Println(problems.Hyperbola{}.ThirdDerivative(w, []float64{1, 4}) > 0)
	// Output:
	// [0 4.25]
	// true
}
