package advice

import (
	"math"

	"github.com/xsam-go/xsam/recipe"
)

// strength says which α to try with xsam-lite: the full 1 against wrong labels; a quarter of it where X-SAM lite is
// behind sgd in the short runs, every seed.
func strength(f Facts) Sentence {
	s := Sentence{About: "alpha"}
	sgd, lite := f.Rates[f.Usual], f.Lite
	n := noise(f)
	lost := lite.Diverged + lite.NotLearnt
	losses := "validation loss of xsam-lite %s, of sgd %s"
	switch {
	case !n.Known:
		return s.unknown("it goes by the noise, which is not known")
	case f.Labels.noisy() && lost > 0:
		return s.unknown("labels are noisy, for which 1 would be tried, but xsam-lite at %g diverged or learnt nothing in "+
			"%d of %d short runs", usualAlpha(f.Recipe), lost, seeds)
	case f.Labels.noisy():
		return s.try(1).known("for xsam-lite; labels are noisy (%d of %d contradicted). Where labels were noisy 1 was "+
			"better once and level 5 times (docs/studies/advise.md)", f.Labels.Contradicted, f.Labels.Sure)
	case math.IsInf(worst(sgd), 1):
		return s.unknown("sgd does not learn at %g", sgd.Rate)
	case least(lite.ValidationLoss) > worst(sgd) || lost > 0:
		return s.try(0.25).known("for xsam-lite, which at %g holds the training back: "+losses, usualAlpha(f.Recipe),
			span(lite.ValidationLoss), span(sgd.ValidationLoss))
	case worst(lite) < least(sgd.ValidationLoss):
		return s.unknown("xsam-lite is ahead of sgd at %g, every seed, and nothing was tried against that: "+losses,
			usualAlpha(f.Recipe), span(lite.ValidationLoss), span(sgd.ValidationLoss))
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
