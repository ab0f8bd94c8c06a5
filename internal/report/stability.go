package report

import (
	"math"
	"slices"

	"github.com/xsam-go/xsam/runlog"
)

// stability draws λmax, the running estimate and what was measured, against 2/η.
func (c *Comparison) stability() Chart {
	chart := Chart{ID: "stability", Title: "λmax against 2/η", XLabel: "epoch", Whole: true, YLabel: "λmax, and 2/η",
		LogFirst: true,
		Note: "Above the grey line 2/η, η the learning rate, gradient descent on the quadratic model is unstable along " +
			"the eigenvector. " +
			"With momentum β the bound is (1+β) times as high; SAM's and X-SAM's own bounds are lower. Lines are running " +
			"estimates, single marks are measured to convergence."}
	rates := map[string]bool{}
	for _, m := range c.Methods() {
		runs := c.of(m)
		running := band(m, m, c.style(m), runs, train(runningLambda), false)
		running.Lo, running.Hi = nil, nil
		chart.add(running)
		measured := band(m+", measured", m, c.style(m), runs, measuredLambda, false)
		measured.Points, measured.Lo, measured.Hi = true, nil, nil
		chart.add(measured)
		for _, r := range runs {
			s := stabilityBound(r)
			if key := s.Name; len(s.X) > 0 && !rates[key] {
				rates[key] = true
				chart.add(s)
			}
		}
	}
	if !slices.ContainsFunc(chart.Series, func(s Series) bool { return s.Style != Reference }) {
		chart.Series = nil // the bound alone says nothing
	}
	chart.Series = c.underBounds(chart.Series)
	return chart
}

// measuredLambda is λmax as xsam curvature and the end of the run measured it, against the epoch.
func measuredLambda(r *runlog.Run) (points []point) {
	if r.Summary.NotLearnt != "" { // a net of dead units is flat
		return nil
	}
	for _, m := range slices.Backward(r.Measurements) { // the newest of several of a state counts
		if m.Measure == runlog.MeasureSpectrum && m.Operator == "hessian" && m.Spectrum != nil &&
			len(m.Spectrum.Values) > 0 && m.Epoch.Known() {
			points = append(points, point{m.Step, m.Epoch.Float(), m.Spectrum.Values[0].Float()})
		}
	}
	for _, rec := range r.Records {
		if rec.Kind == runlog.Curvature {
			points = append(points, point{rec.Step, rec.Epoch.Float(), rec.LambdaMax.Float()})
		}
	}
	if s := r.Summary; s.Finished {
		points = append(points, point{s.Steps, s.Epochs.Float(), s.LambdaMax.Float()})
	}
	return points
}

// lowestRate is the share of the highest learning rate at which 2/η is cut off.
const lowestRate = 0.02

// stabilityBound is 2/η along the run's schedule. Runs with equal schedules have series of equal names.
func stabilityBound(r *runlog.Run) Series {
	perEpoch, c := stepsPerEpoch(r), r.Setup
	s := Series{Name: "2/η", Style: Reference}
	if perEpoch == 0 || !(c.LearningRate > 0) || (c.Base != "sgd" && c.Base != "") {
		return s
	}
	s.Name += ", η from " + tickText(c.LearningRate) + ", " + scheduleText(c)
	steps := perEpoch * float64(c.Epochs)
	const parts = 100
	for i := range parts + 1 {
		step := steps * float64(i) / parts
		if rate := rate(c, step, steps); rate >= lowestRate*c.LearningRate {
			s.X, s.Y = append(s.X, step/perEpoch), append(s.Y, 2/rate)
		}
	}
	return s
}

// rate is the learning rate of a step (0 is the first) of a run of the given number of steps: that of package optim,
// whose formulas are repeated here because a report imports no GoMLX.
func rate(s runlog.Setup, step, steps float64) float64 {
	factor := 1.0
	switch s.Schedule {
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
	if n := float64(s.WarmupSteps); n > 0 {
		factor *= min(1, (step+1)/n)
	}
	return s.LearningRate * factor
}

// lambdaBounds are the bounds that runs were to keep λmax under, each a line over the epochs.
func (c *Comparison) lambdaBounds() (all []Series) {
	drawn := map[string]bool{}
	for _, m := range c.Methods() {
		for _, r := range c.of(m) {
			bound := r.Setup.LambdaBound
			name := "bound " + tickText(bound) + " of " + m
			if bound > 0 && !drawn[name] {
				drawn[name] = true
				all = append(all, Series{Name: name, Method: m, Style: Reference, X: []float64{0, float64(r.Setup.Epochs)},
					Y: []float64{bound, bound}})
			}
		}
	}
	return all
}

// underBounds adds the bounds to series of λ, where there are any.
func (c *Comparison) underBounds(series []Series) []Series {
	if len(series) == 0 {
		return nil
	}
	return append(series, c.lambdaBounds()...)
}

// stepsPerEpoch is taken from the records: 0 where there is none.
func stepsPerEpoch(r *runlog.Run) float64 {
	for _, rec := range r.Records {
		if e := rec.Epoch.Float(); e > 0 && rec.Step > 0 {
			return math.Round(float64(rec.Step) / e)
		}
	}
	return 0
}
