package compare

import (
	"math"

	"github.com/xsam-go/xsam/runlog"
)

// EarlyEpochs is how many of a run's epochs are its first ones: a tenth of them, two at least.
func EarlyEpochs(epochs int) int { return min(epochs, max(2, (epochs+9)/10)) }

// EarlyLoss is the training loss of a run's first epochs (EarlyEpochs): the mean of what the optimizer saw in each.
// It is NaN for a run that has not got through them, or that lacks the record of one.
func EarlyLoss(r *runlog.Run) float64 {
	epochs := EarlyEpochs(r.Setup.Epochs)
	sum, n := 0.0, 0
	for _, rec := range r.Records {
		if rec.Kind == runlog.Train && rec.Epoch.Float() <= float64(epochs) {
			sum, n = sum+rec.Loss.Float(), n+1
		}
	}
	if n == 0 || n != epochs {
		return math.NaN()
	}
	return sum / float64(n)
}
