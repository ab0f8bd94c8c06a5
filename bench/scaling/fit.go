package main

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// line is t ≈ offset + slope·n.
type line struct {
	offset, slope float64
	worst         float64 // largest |t − line|/t
}

// fit returns the line with the least sum of squared relative deviations, Σ((t − line)/t)².
func fit(n, t []float64) line {
	weights := make([]float64, len(t))
	for i := range t {
		weights[i] = 1 / (t[i] * t[i])
	}
	var l line
	l.offset, l.slope = stat.LinearRegression(n, t, weights, false)
	for i := range t {
		l.worst = math.Max(l.worst, math.Abs(t[i]-l.offset-l.slope*n[i])/t[i])
	}
	return l
}
