package advice

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/runlog"
)

// rate says at which learning rate sgd gets furthest in the short runs: the one with the lowest validation loss, if
// every seed of it is below every seed at the rate of the recipe.
func rate(f Facts) Sentence {
	s := Sentence{About: "lr"}
	usual := f.Rates[f.Usual]
	best := usual
	for _, o := range f.Rates {
		if worst(o) < worst(best) || !(worst(best) < math.Inf(1)) {
			best = o
		}
	}
	text := ""
	for i, o := range f.Rates {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s at %g", span(o.ValidationLoss), o.Rate)
	}
	text = "validation loss of two seeds " + text
	switch {
	case !(worst(best) < math.Inf(1)):
		return s.unknown("no run finished: %s", text)
	case best.Rate == usual.Rate:
		return s.try(usual.Rate).known("%g is best: %s", usual.Rate, text)
	case worst(best) < least(usual.ValidationLoss):
		return s.try(best.Rate).known("%g is better than %g: %s", best.Rate, usual.Rate, text)
	}
	return s.unknown("%g and %g differ by no more than two seeds do: %s", best.Rate, usual.Rate, text)
}

// worst is the highest validation loss of the seeds, infinite when one diverged or has learnt nothing.
func worst(o Outcome) float64 {
	if o.Diverged+o.NotLearnt > 0 {
		return math.Inf(1)
	}
	high := 0.0
	for _, n := range o.ValidationLoss {
		if !n.Known() {
			return math.Inf(1)
		}
		high = max(high, n.Float())
	}
	return high
}

// least is the lowest of the known numbers.
func least(numbers []runlog.Number) float64 {
	low := math.Inf(1)
	for _, n := range numbers {
		if n.Known() {
			low = min(low, n.Float())
		}
	}
	return low
}

// span is the range of numbers as text.
func span(numbers []runlog.Number) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, n := range numbers {
		if !n.Known() {
			return "none (diverged)"
		}
		low, high = min(low, n.Float()), max(high, n.Float())
	}
	return fmt.Sprintf("%.3g to %.3g", low, high)
}
