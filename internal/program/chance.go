package program

import (
	"math"

	"github.com/xsam-go/xsam/runlog"
)

// Chance is the evaluation of the training set by answers that do not look at the example: the share of each class,
// which gives the entropy of the labels in nats, or the mean of the numbers, which gives their variance. examples is
// their number. It is not known for a program of the user's own.
func (p *Program) Chance() (chance Evaluation, examples int) {
	if p.own != nil {
		return Evaluation{}, 0
	}
	set := p.Data.Train
	n := float64(set.Len())
	if set.Regression() {
		var sum, squares float64
		for _, y := range set.Targets {
			sum, squares = sum+float64(y), squares+float64(y)*float64(y)
		}
		return Evaluation{Loss: runlog.Num(squares/n - sum/n*sum/n)}, set.Len()
	}
	entropy, most := 0.0, 0
	for _, count := range set.ClassCounts() {
		if count > 0 {
			entropy -= float64(count) / n * math.Log(float64(count)/n)
		}
		most = max(most, count)
	}
	return Evaluation{Loss: runlog.Num(entropy), Accuracy: runlog.Num(float64(most) / n)}, set.Len()
}
