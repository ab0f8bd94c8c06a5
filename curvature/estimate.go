package curvature

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Estimate is the result of a randomised estimator.
type Estimate struct {
	Value         float64
	StandardError float64 // from the scatter of the samples; NaN with fewer than two
	Samples       int
	Products      int    // H·v taken
	Reason        Reason // why not all samples were taken; "" when they were
}

// estimateOf is the mean of samples with its standard error s/√n.
func estimateOf(samples []float64, products int, reason Reason) Estimate {
	e := Estimate{
		Value: math.NaN(), StandardError: math.NaN(), Samples: len(samples), Products: products, Reason: reason,
	}
	if len(samples) > 0 {
		e.Value = stat.Mean(samples, nil)
	}
	if len(samples) > 1 {
		e.StandardError = stat.StdErr(stat.StdDev(samples, nil), float64(len(samples)))
	}
	return e
}

// unlimited is a meter without a limit of its own: the number of samples limits the products.
func unlimited(h Operator) *meter { return &meter{op: h, limit: math.MaxInt} }
