package compare_test

import (
	"fmt"

	"github.com/xsam-go/xsam/compare"
)

// The gain in hours of sleep of ten patients: the data on which Student showed his test in 1908. R says p-value =
// 0.002833.
func ExamplePairedTest() {
	d := compare.PairedTest([]float64{1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4})
	fmt.Printf("%.2f ± %.2f hours, p = %.4f: %s\n", d.Mean, d.HalfWidth, d.P, d.Verdict)
	// Output: 1.58 ± 0.88 hours, p = 0.0028: higher
}
