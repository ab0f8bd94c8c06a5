package claims

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/xsam-go/xsam/runlog"
)

// setting is what all runs that are judged together must have in common.
type setting struct {
	Data       string  `json:"data"`
	Model      string  `json:"model"`
	Epochs     int     `json:"epochs"`
	Batch      int     `json:"batch"`
	TrainSize  int     `json:"train_size"`
	LabelNoise float64 `json:"label_noise"`
}

// run is what the claims need of a finished run.
type run struct {
	setting
	method    string
	seed      int64
	rho       float64
	accuracy  float64             // NaN where it is missing
	earlyLoss float64             // NaN where an epoch is missing
	early     int                 // the number of epochs that earlyLoss is over
	lambda    map[float64]float64 // by epoch
	loose     int                 // how many of them did not converge
}

// newRun reads the measures out of a record. ok is false for a run that is not finished.
func newRun(r *runlog.Run) (m run, ok bool, err error) {
	var config struct {
		setting
		Method          string  `json:"method"`
		Seed            int64   `json:"seed"`
		Rho             float64 `json:"rho"`
		LambdaTolerance float64 `json:"lambda_tolerance"`
	}
	if err := json.Unmarshal(r.Config, &config); err != nil {
		return m, false, fmt.Errorf("claims: %s: %s is no recipe: %w", r.Dir, runlog.ConfigFile, err)
	}
	m = run{
		setting: config.setting,
		method:  runlog.Label(r.Config, config.Method), seed: config.Seed, rho: config.Rho, accuracy: math.NaN(), lambda: map[float64]float64{},
		early: earlyEpochs(config.Epochs),
	}
	if r.Summary == nil || !r.Summary.Finished {
		return m, false, nil
	}
	m.accuracy = r.Summary.TestAccuracy.Float()
	var losses []float64
	for _, record := range r.Records {
		switch record.Kind {
		case runlog.Train:
			if record.Epoch.Float() <= float64(m.early) {
				losses = append(losses, record.Loss.Float())
			}
		case runlog.Curvature:
			if record.Split != runlog.TrainSplit || !record.LambdaMax.Known() {
				continue
			}
			m.lambda[record.Epoch.Float()] = record.LambdaMax.Float()
			if !(record.LambdaResidual.Float() <= config.LambdaTolerance) {
				m.loose++
			}
		}
	}
	m.earlyLoss = math.NaN()
	if len(losses) == m.early {
		m.earlyLoss = mean(losses)
	}
	return m, true, nil
}

// earlyEpochs is how many of a run's epochs are the first ones: a tenth, two at least.
func earlyEpochs(epochs int) int { return min(epochs, max(2, (epochs+9)/10)) }

func mean(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}
