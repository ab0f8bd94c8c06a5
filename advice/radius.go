package advice

// The radius to try where labels are noisy, and where: the rise of the loss at ρ along the sharpest direction, ρ²λ/2, is
// at most a share of the loss of chance, for with a longer ascent some nets learn nothing; and the training is long
// enough for wrong labels to be learnt by heart.
const (
	noisyRho   = 0.1 // twice that of the presets
	riseShare  = 0.25
	longEpochs = 25
)

// radius says which ρ to try. In short runs a ρ only slows; what it is good for, that wrong labels are not learnt by
// heart, comes later. So the sentence rests on the noise, and on how long an ascent the curvature allows: 0.1 where
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
	rise := noisyRho * noisyRho * lambda / 2
	switch {
	case !(lambda > 0 && allowed > 0):
		return s.unknown("labels are noisy, and how long an ascent may be cannot be said without λmax")
	case rise > allowed:
		return s.unknown("labels are noisy, but λmax is %.3g: along the sharpest direction ρ = %g adds %.2g to the loss, of "+
			"%.2g allowed", lambda, noisyRho, rise, allowed)
	}
	return s.try(noisyRho).known("labels are noisy (%d of %d contradicted), which a longer ascent than usual keeps from "+
		"being learnt; λmax %.3g lets it add %.2g to the loss, of %.2g allowed", f.Labels.Contradicted, f.Labels.Sure, lambda,
		rise, allowed)
}
