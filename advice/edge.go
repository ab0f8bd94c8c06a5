package advice

import "math"

// The shares of the edge of stability, at the rate of the step, from which on the learning rate is said to be near it,
// and up to which it is said not to be.
const (
	nearEdge = 1. / 3
	farEdge  = 1. / 6
)

// edge says whether λmax comes near the edge of stability, 2/η, with momentum β 2(1 + β)/η: by the highest share of
// each seed.
func edge(f Facts) Sentence {
	s := Sentence{About: "edge"}
	base := f.Recipe.Base
	if base.Adaptive() {
		return s.unknown("%s has no such number", base.Optimizer)
	}
	switch o := f.Rates[f.Usual]; {
	case o.Diverged > 0:
		return s.known("beyond it: sgd diverges at lr %g in %d of %d short runs", base.LearningRate, o.Diverged, seeds)
	case o.NotLearnt > 0: // dead units have no curvature
		return s.unknown("sgd has not learnt at lr %g in %d of %d short runs, and λmax says nothing there",
			base.LearningRate, o.NotLearnt, seeds)
	}
	if len(f.Lambdas) == 0 {
		return s.unknown("λmax could not be measured")
	}
	low, high, lambda := math.Inf(1), 0.0, 0.0
	byRun := []float64{}
	for i, l := range f.Lambdas { // steps begin anew with each seed
		if i == 0 || l.Step <= f.Lambdas[i-1].Step {
			byRun = append(byRun, 0)
		}
		last := &byRun[len(byRun)-1]
		*last = max(*last, l.Share)
		high, lambda = max(high, l.Share), max(lambda, l.Lambda)
	}
	for _, x := range byRun {
		low = min(low, x)
	}
	edge, err := base.Edge()
	if err != nil {
		return s.unknown("%v", err)
	}
	what := "λmax is %.2g to %.2g of the edge at the rate of the step (λmax up to %.3g; the edge at lr %g is %.3g)"
	switch {
	case low >= nearEdge:
		return s.known("near it: "+what, low, high, lambda, base.LearningRate, edge)
	case high < farEdge:
		return s.known("not near it: "+what, low, high, lambda, base.LearningRate, edge)
	}
	return s.unknown("between: "+what, low, high, lambda, base.LearningRate, edge)
}
