package advice

// The radii to try where labels are noisy, and the share of the loss of chance that the rise of the loss at ρ along the
// sharpest direction, ρ²λ/2, may reach: with a longer ascent some nets learn nothing.
const (
	usualRho   = 0.05 // of the presets
	longestRho = 0.2
	riseShare  = 0.25
	longEpochs = 25 // passes in which a net learns wrong labels by heart
)

// radius says which ρ to try. In short runs a ρ only slows; what it is good for, that wrong labels are not learnt by
// heart, comes later. So the sentence rests on the noise, and on how long an ascent the curvature allows: it takes the
// longest of 0.1 and 0.2 with
//
//	ρ²λ/2 ≤ ¼ · loss of chance     λ the largest of the short runs
func radius(f Facts) Sentence {
	s := Sentence{About: "rho"}
	n := noise(f)
	if !n.Known || !f.Labels.noisy() {
		return s.unknown("without noise that is seen short runs do not tell one ρ from another")
	}
	if f.Recipe.Epochs < longEpochs {
		return s.unknown("labels are noisy, and %d epochs may be too few to learn wrong ones by heart", f.Recipe.Epochs)
	}
	lambda, allowed := 0.0, riseShare*f.ChanceLoss.Float()
	for _, l := range f.Lambdas {
		lambda = max(lambda, l.Lambda)
	}
	if !(lambda > 0 && allowed > 0) {
		return s.unknown("labels are noisy, and how long an ascent may be cannot be said without λmax")
	}
	rise := func(rho float64) float64 { return rho * rho * lambda / 2 }
	rho := longestRho
	for rho > usualRho && rise(rho) > allowed {
		rho /= 2
	}
	if rho <= usualRho {
		return s.unknown("labels are noisy, but λmax is %.3g: along the sharpest direction ρ = %g already adds %.2g to the "+
			"loss, of %.2g allowed", lambda, 2*usualRho, rise(2*usualRho), allowed)
	}
	return s.try(rho).known("labels are noisy (%d of %d contradicted), which a longer ascent than the usual %g keeps "+
		"from being learnt; λmax %.3g lets it add %.2g to the loss, of %.2g allowed", f.Labels.Contradicted, f.Labels.Sure,
		usualRho, lambda, rise(rho), allowed)
}
