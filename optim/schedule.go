package optim

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Schedule is a factor on the learning rate, as a function of the step. The first step is 0. The step is GoMLX's global
// step before the update, so that a resumed run goes on where it was.
type Schedule interface {
	// Factor returns the factor of a step ≥ 0, on the host.
	Factor(step int) float64

	// FactorGraph returns the same in a graph. step is a floating-point scalar with a whole number ≥ 0 in it. The
	// result is a scalar of its type.
	FactorGraph(step *graph.Node) *graph.Node
}

// Constant is the schedule whose factor is 1 at every step.
func Constant() Schedule { return constant{} }

type constant struct{}

func (constant) Factor(int) float64 { return 1 }

func (constant) FactorGraph(step *graph.Node) *graph.Node { return graph.OnesLike(step) }

// Cosine falls from 1 at step 0 along half a cosine to 0 at totalSteps (≥ 1), and stays there:
//
//	factor(t) = (1 + cos(π·min(t, T)/T))/2
//
// with T = totalSteps. The last of T steps is step T−1, whose factor is still above 0. Cosine panics when totalSteps is
// below 1.
//
// Reference: Loshchilov and Hutter (2017), arXiv:1608.03983, without restarts.
func Cosine(totalSteps int) Schedule {
	if totalSteps < 1 {
		exceptions.Panicf("optim: Cosine over %d steps: want at least 1", totalSteps)
	}
	return cosine{float64(totalSteps)}
}

type cosine struct{ total float64 }

func (c cosine) Factor(step int) float64 {
	return (1 + math.Cos(math.Pi*min(float64(step), c.total)/c.total)) / 2
}

func (c cosine) FactorGraph(step *graph.Node) *graph.Node {
	part := graph.DivScalar(graph.MinScalar(step, c.total), c.total)
	return graph.MulScalar(graph.OnePlus(graph.Cos(graph.MulScalar(part, math.Pi))), 0.5)
}

// Step multiplies the factor, 1 at first, by gamma at each of the milestones:
//
//	factor(t) = gammaⁿ        n the number of milestones ≤ t
//
// Without milestones it is Constant. Step panics unless the milestones are ≥ 1 and increase, and gamma is finite and
// ≥ 0.
func Step(milestones []int, gamma float64) Schedule {
	for i, m := range milestones {
		if m < 1 || (i > 0 && m <= milestones[i-1]) {
			exceptions.Panicf("optim: Step at milestones %v: want increasing steps ≥ 1", milestones)
		}
	}
	if !(gamma >= 0 && gamma <= math.MaxFloat64) {
		exceptions.Panicf("optim: Step by a factor gamma = %v: want a finite number ≥ 0", gamma)
	}
	return stepwise{slices.Clone(milestones), gamma}
}

type stepwise struct {
	milestones []int
	gamma      float64
}

func (s stepwise) Factor(step int) float64 {
	factor := 1.0
	for _, m := range s.milestones {
		if step >= m {
			factor *= s.gamma
		}
	}
	return factor
}

func (s stepwise) FactorGraph(step *graph.Node) *graph.Node {
	g, dtype := step.Graph(), step.DType()
	factor := graph.OnesLike(step)
	for _, m := range s.milestones {
		reached := graph.GreaterOrEqual(step, graph.Scalar(g, dtype, float64(m)))
		factor = graph.Where(reached, graph.MulScalar(factor, s.gamma), factor)
	}
	return factor
}

// LinearWarmup multiplies the factors of the schedule then by 1/n, 2/n, …, 1 in the first n steps, and leaves the
// others alone:
//
//	factor(t) = min(1, (t + 1)/n)·then(t)
//
// It does not shift then: milestones and the end of a cosine count from step 0. n = 0 is no warm-up. It panics when n
// is negative.
//
// Reference: Goyal et al. (2017), arXiv:1706.02677, gradual warm-up.
func LinearWarmup(n int, then Schedule) Schedule {
	if n < 0 {
		exceptions.Panicf("optim: LinearWarmup of %d steps: want 0 (none) or more", n)
	}
	if n == 0 {
		return then
	}
	return warmup{float64(n), then}
}

type warmup struct {
	n    float64
	then Schedule
}

func (w warmup) Factor(step int) float64 { return min(1, float64(step+1)/w.n) * w.then.Factor(step) }

func (w warmup) FactorGraph(step *graph.Node) *graph.Node {
	ramp := graph.MinScalar(graph.DivScalar(graph.OnePlus(step), w.n), 1.0)
	return graph.Mul(ramp, w.then.FactorGraph(step))
}
