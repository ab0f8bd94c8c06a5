package curvature

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// Distribution is the distribution of the random vectors z that an estimator multiplies H with. All have E[zzᵀ] = I.
type Distribution int

// The distributions.
const (
	Rademacher Distribution = iota // entries ±1
	Gaussian                       // entries N(0, 1)
)

func (p Distribution) draw(rng *rand.Rand, z []float64) {
	if p == Gaussian {
		gaussian(rng, z)
		return
	}
	for i := range z {
		z[i] = float64(2*rng.IntN(2) - 1)
	}
}

func (p Distribution) validate(who string) error {
	if p != Rademacher && p != Gaussian {
		return fmt.Errorf("curvature: %s got distribution %d: want Rademacher or Gaussian", who, p)
	}
	return nil
}

// newRandom returns the generator of a seed: the same numbers on every machine.
func newRandom(seed int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 0x9e3779b97f4a7c15)) }

// gaussian fills x with N(0, 1).
func gaussian(rng *rand.Rand, x []float64) {
	for i := range x {
		x[i] = rng.NormFloat64()
	}
}

// startVector returns the unit vector along start, or a random one when start is nil. who is the solver in need.
func startVector(who string, start []float64, n int, rng *rand.Rand) ([]float64, error) {
	v := make([]float64, n)
	if start == nil {
		gaussian(rng, v)
	} else {
		if len(start) != n {
			return nil, fmt.Errorf("curvature: %s got a start vector of length %d for an operator of dimension %d: "+
				"want the same", who, len(start), n)
		}
		copy(v, start)
	}
	size := norm(v)
	if !(size > 0) || math.IsInf(size, 0) {
		return nil, fmt.Errorf("curvature: %s got a start vector of norm %v: "+
			"want a finite vector other than 0, or nil for a random one", who, size)
	}
	floats.Scale(1/size, v)
	return v, nil
}
