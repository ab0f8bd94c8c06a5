package claims

import (
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// run is what the claims need of a finished run. What is missing is NaN.
type run struct {
	seed      int64
	rho       float64
	accuracy  float64
	earlyLoss float64
	early     int                 // the number of epochs that earlyLoss is over
	lambda    map[float64]float64 // by epoch
	loose     int                 // how many of them did not converge
	learnt    bool
}

func newRun(r *runlog.Run) run {
	m := run{
		seed: r.Summary.Seed, rho: r.Setup.Rho, accuracy: r.Summary.TestAccuracy.Float(),
		earlyLoss: compare.EarlyLoss(r), early: compare.EarlyEpochs(r.Setup.Epochs), lambda: map[float64]float64{},
		learnt: r.Summary.NotLearnt == "",
	}
	for _, record := range r.Records {
		if record.Kind != runlog.Curvature || record.Split != runlog.TrainSplit || !record.LambdaMax.Known() {
			continue
		}
		m.lambda[record.Epoch.Float()] = record.LambdaMax.Float()
		if !(record.LambdaResidual.Float() <= r.Setup.LambdaTolerance) {
			m.loose++
		}
	}
	return m
}
