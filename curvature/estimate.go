package curvature

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// Probe is the distribution of the random vectors z that an estimator multiplies with, all with E[zzᵀ] = I.
type Probe int

const (
	Rademacher Probe = iota // entries ±1
	Gaussian                // entries N(0, 1)
)

func (p Probe) draw(rng *rand.Rand, z []float64) {
	if p == Gaussian {
		gaussian(rng, z)
		return
	}
	for i := range z {
		z[i] = float64(2*rng.IntN(2) - 1)
	}
}

func (p Probe) validate(who string) error {
	if p != Rademacher && p != Gaussian {
		return fmt.Errorf("curvature: %s got probe distribution %d: want Rademacher or Gaussian", who, p)
	}
	return nil
}

// Estimate is the result of a randomised estimator.
type Estimate struct {
	Value         float64
	StandardError float64 // estimated from the samples; NaN with fewer than two
	Samples       int
	Products      int
	Reason        Reason // "" when all samples were taken, or why not
}

// estimateOf is the mean of samples with its standard error s/√n.
func estimateOf(samples []float64, products int, reason Reason) Estimate {
	e := Estimate{Value: math.NaN(), StandardError: math.NaN(), Samples: len(samples), Products: products, Reason: reason}
	if len(samples) > 0 {
		e.Value = stat.Mean(samples, nil)
	}
	if len(samples) > 1 {
		e.StandardError = stat.StdErr(stat.StdDev(samples, nil), float64(len(samples)))
	}
	return e
}

// unlimited counts products without a limit of its own: the number of samples is one.
func unlimited(h Operator) *meter { return &meter{op: h, limit: math.MaxInt} }
