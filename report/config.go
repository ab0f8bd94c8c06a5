package report

import "math"

// Config is what a report reads of config.json. Keys that it does not know are shown all the same, from Run.Raw.
type Config struct {
	Method         string  `json:"method"`
	Seed           int64   `json:"seed"`
	Data           string  `json:"data"`
	Model          string  `json:"model"`
	Epochs         int     `json:"epochs"`
	Base           string  `json:"base"`
	LearningRate   float64 `json:"lr"`
	Schedule       string  `json:"schedule"`
	WarmupSteps    int     `json:"lr_warmup_steps"`
	Momentum       float64 `json:"momentum"`
	LabelNoise     float64 `json:"label_noise"`
	ValidationSize int     `json:"validation_size"`
	Backend        string  `json:"backend"`
}

// rate is the learning rate of a step (0 is the first) of a run of the given number of steps: that of package optim, whose
// formulas are repeated here because a report imports no GoMLX.
func (c Config) rate(step, steps float64) float64 {
	factor := 1.0
	switch c.Schedule {
	case "cosine":
		factor = (1 + math.Cos(math.Pi*min(step, steps)/steps)) / 2
	case "step":
		last := 0.0
		for _, at := range []float64{math.Floor(steps / 2), math.Floor(steps * 3 / 4)} {
			if at > last && step >= at {
				factor *= 0.1
			}
			last = max(last, at)
		}
	}
	if n := float64(c.WarmupSteps); n > 0 {
		factor *= min(1, (step+1)/n)
	}
	return c.LearningRate * factor
}

// stepsPerEpoch is taken from the records: 0 where there is none.
func (r Run) stepsPerEpoch() float64 {
	for _, rec := range r.Records {
		if e := rec.Epoch.Float(); e > 0 && rec.Step > 0 {
			return math.Round(float64(rec.Step) / e)
		}
	}
	return 0
}
