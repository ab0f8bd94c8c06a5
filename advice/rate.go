package advice

import (
	"fmt"
	"math"
	"strings"

	"github.com/xsam-go/xsam/runlog"
)

// rate says at which learning rate sgd gets furthest in the short runs: the one with the lowest validation loss, if
// every seed of it is below every seed of the others. Where labels may be wrong no rate is advised that is not lower
// than the recipe's: what learns faster learns wrong labels faster too, and short runs do not live to see it.
func rate(f Facts) Sentence {
	s := Sentence{About: "lr"}
	usual, best := f.Rates[f.Usual], f.Rates[0]
	var losses []string
	for _, o := range f.Rates {
		losses = append(losses, fmt.Sprintf("%s at %g", span(o.ValidationLoss), o.Rate))
		if worst(o) < worst(best) {
			best = o
		}
	}
	others := math.Inf(1) // the lowest loss that the best has to be below
	for _, o := range f.Rates {
		if o.Rate != best.Rate && (best.Rate == usual.Rate || o.Rate == usual.Rate) {
			others = min(others, least(o.ValidationLoss))
		}
	}
	text := "validation loss of two seeds " + strings.Join(losses, ", ")
	clean := noise(f).Known && !f.Labels.noisy()
	switch {
	case math.IsInf(worst(best), 1):
		return s.unknown("sgd learns at none of the rates: %s", text)
	case math.IsInf(worst(usual), 1):
		return s.try(best.Rate).known("sgd does not learn at %g: %s", usual.Rate, text)
	case worst(best) >= others:
		return s.unknown("the rates differ by no more than two seeds do: %s", text)
	case best.Rate >= usual.Rate && !clean:
		return s.unknown("what learns faster learns wrong labels faster, and the labels are not known to be right: %s", text)
	case best.Rate == usual.Rate:
		return s.try(usual.Rate).known("it is better than a third and three times of it: %s", text)
	}
	return s.try(best.Rate).known("it is better than %g: %s", usual.Rate, text)
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
