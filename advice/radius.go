package advice

import "github.com/xsam-go/xsam/recipe"

// noisyRho is the ρ to try where labels are noisy: four times that of the presets.
const noisyRho = 0.2

// radius says which ρ to try. In short runs a ρ only slows; what it is good for, that wrong labels are not learnt by
// heart, comes later. So the sentence rests on the noise alone.
func radius(f Facts) Sentence {
	s := Sentence{About: "rho"}
	if n := noise(f); n.Known && f.Labels.noisy() {
		return s.try(noisyRho).known("more than the usual 0.05 keeps wrong labels from being learnt: %s", n.Text)
	}
	return s.unknown("without noise that is seen short runs do not tell one ρ from another")
}

// strength says which α to try with xsam-lite: the full 1 against wrong labels; a quarter of it where X-SAM lite at 1 is
// behind sgd in the short runs, every seed.
func strength(f Facts) Sentence {
	s := Sentence{About: "alpha"}
	sgd, lite := f.Rates[f.Usual], f.Lite
	n := noise(f)
	losses := "validation loss of xsam-lite %s, of sgd %s"
	switch {
	case n.Known && f.Labels.noisy():
		return s.try(1).known("the whole correction keeps wrong labels from being learnt: %s", n.Text)
	case !n.Known:
		return s.unknown("it goes by the noise, which is not known")
	case least(lite.ValidationLoss) > worst(sgd) || lite.Diverged > sgd.Diverged:
		return s.try(0.25).known("xsam-lite at %g holds the training back: "+losses, usualAlpha(f.Recipe),
			span(lite.ValidationLoss), span(sgd.ValidationLoss))
	}
	return s.unknown("xsam-lite and sgd differ by no more than two seeds do: "+losses, span(lite.ValidationLoss),
		span(sgd.ValidationLoss))
}

// usualAlpha is the α that xsam-lite has without a word about it.
func usualAlpha(r recipe.Recipe) float64 {
	if err := r.SetMethod("xsam-lite", nil); err != nil {
		return 0 // it was run already
	}
	return r.Alpha
}
