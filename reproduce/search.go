package reproduce

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/recipe"
)

// The search. Its first trial is the recipe's own settings. The others are a seeded Latin hypercube, the same for
// every method: the learning rate log-uniformly from an eighth to eight times the recipe's (a unit gradient wants
// another one), ρ log-uniformly from 0.02 to 0.4, α log-uniformly from 0.05 to 1, each rounded to three digits. A
// method takes of a draw what it has; X-SAM lite, which makes no ascents, takes ρ as the radius of its pairs.
const (
	searchSeed = 1           // of the sequence
	trialSeed  = 1000        // of weights and batches of every trial; no run of a plan has it
	tuneFolder = "tune"      // under the folder of the runs
	tuneFile   = "tune.json" // in it, all trials and the choice

	rateFactor          = 8
	rhoLow, rhoHigh     = 0.02, 0.4
	alphaLow, alphaHigh = 0.05, 1
)

// searchRule says the above for tune.json.
const searchRule = "trial 0 is the recipe's own settings; the others are a seeded Latin hypercube that all " +
	"methods share: " +
	"lr log-uniform in [lr/8, 8 lr], rho log-uniform in [0.02, 0.4], alpha log-uniform in [0.05, 1]; xsam-lite takes " +
	"rho as its probe radius. " +
	"The trial with the highest validation accuracy is chosen, among equals the one with the lowest validation loss, " +
	"then the first. " +
	"No trial is evaluated on the test images."

// draw is one point of the search.
type draw struct{ rate, rho, alpha float64 }

// draws returns the points after the first: a Latin hypercube, in which each parameter has one value in each of n
// parts of its range, equal on the logarithm, so that few trials reach both of its ends.
func draws(rate float64, n int) []draw {
	random := rand.New(rand.NewPCG(searchSeed, 0))
	values := func(low, high float64) []float64 {
		all := make([]float64, n)
		for i, part := range random.Perm(n) {
			all[i] = rounded(low * math.Pow(high/low, (float64(part)+random.Float64())/float64(n)))
		}
		return all
	}
	rates, rhos, alphas := values(rate/rateFactor, rate*rateFactor), values(rhoLow, rhoHigh), values(alphaLow, alphaHigh)
	all := make([]draw, n)
	for i := range all {
		all[i] = draw{rate: rates[i], rho: rhos[i], alpha: alphas[i]}
	}
	return all
}

// rounded keeps three significant digits.
func rounded(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// label is a method with as much of the draw as it has.
func (d draw) label(method string) string {
	parts := []string{method}
	add := func(name string, value float64) { parts = append(parts, fmt.Sprintf("%s=%g", name, value)) }
	switch {
	case parameter.Has(method, "rho"):
		add("rho", d.rho)
	case parameter.Has(method, "probe-radius"):
		add("probe-radius", d.rho)
	}
	if parameter.Has(method, "alpha") {
		add("alpha", d.alpha)
	}
	return strings.Join(parts, ":")
}

// trial is one run of the search.
type trial struct {
	family Method
	index  int
	recipe recipe.Recipe
	dir    string // under the folder of the runs
}

// trials returns those of every method: each draw for all methods, then the next draw.
func (p *Plan) trials() ([]trial, error) {
	base := p.Base
	base.TrainSize, base.ValidationSize, base.Seed = p.TrialTrain, p.Validation, trialSeed
	base.LambdaProducts, base.LambdaEvery, base.EvaluateEvery = 0, 0, 0
	points := append([]draw{{rate: base.LearningRate}}, draws(base.LearningRate, p.Trials-1)...)
	var all []trial
	for i, point := range points {
		for _, family := range p.families() {
			r, label := base, family.Label
			if i > 0 {
				label = point.label(family.Label)
			}
			r.LearningRate = point.rate
			if err := r.SetMethod(label, nil); err != nil {
				return nil, err
			}
			if err := r.Validate(); err != nil {
				return nil, err
			}
			all = append(all, trial{family, i, r, filepath.Join(tuneFolder, fmt.Sprintf("%s-trial%d", family.Label, i))})
		}
	}
	return all, nil
}
