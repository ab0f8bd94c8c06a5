package report

import (
	"math"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// point is one measurement of one run.
type point struct {
	step int64
	x, y float64
}

// band returns the series of a method: at each step the mean over the runs that were measured there, with its interval.
func band(method string, style int, runs []Run, points func(Run) []point, percent bool) Series {
	s := Series{Name: method, Style: style}
	xs, ys := map[int64][]float64{}, map[int64][]float64{}
	var steps []int64
	for _, r := range runs {
		seen := map[int64]bool{}
		for _, p := range points(r) {
			if math.IsNaN(p.y) || math.IsNaN(p.x) || seen[p.step] {
				continue
			}
			seen[p.step] = true
			if ys[p.step] == nil {
				steps = append(steps, p.step)
			}
			xs[p.step], ys[p.step] = append(xs[p.step], p.x), append(ys[p.step], p.y)
		}
	}
	slices.Sort(steps)
	for _, step := range steps {
		e := compare.NewEstimate(ys[step])
		if percent {
			e = e.Scaled(100)
		}
		s.X, s.Y = append(s.X, compare.NewEstimate(xs[step]).Mean), append(s.Y, e.Mean)
		s.Lo, s.Hi = append(s.Lo, e.Mean-e.HalfWidth), append(s.Hi, e.Mean+e.HalfWidth)
		s.Text = append(s.Text, e.String())
	}
	return s
}

// bands makes the series of all methods, leaving out those without a point.
func (c *Comparison) bands(points func(Run) []point, percent bool) (all []Series) {
	for i, m := range c.Methods() {
		if s := band(m, i%styles, c.of(m), points, percent); len(s.X) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// train reads a value of the Train records against the epoch.
func train(value func(runlog.Record) float64) func(Run) []point {
	return func(r Run) (points []point) {
		for _, rec := range r.Records {
			if rec.Kind == runlog.Train {
				points = append(points, point{rec.Step, rec.Epoch.Float(), value(rec)})
			}
		}
		return points
	}
}

// accuracy reads the accuracy on images not trained on, of the split held, against x, which may look at the record and at the
// seconds spent in steps so far.
func accuracy(held string, x func(rec runlog.Record, seconds float64) float64) func(Run) []point {
	return func(r Run) (points []point) {
		seconds, last := 0.0, int64(0)
		for _, rec := range r.Records {
			switch {
			case rec.Kind == runlog.Train:
				seconds += float64(rec.Step-last) * rec.StepSeconds.Float()
				last = rec.Step
			case rec.Kind == runlog.Eval && rec.Split == held:
				points = append(points, point{rec.Step, x(rec, seconds), rec.Accuracy.Float()})
			}
		}
		return points
	}
}

// held names the split on which accuracy is measured: validation where a run holds images out for it, else test.
func (c *Comparison) held() string {
	for _, r := range c.Runs {
		if r.Config.ValidationSize > 0 {
			return runlog.ValidationSplit
		}
	}
	return runlog.TestSplit
}

// sentenceCase is an ASCII word with a capital letter.
func sentenceCase(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func loss(r runlog.Record) float64          { return r.Loss.Float() }
func runningLambda(r runlog.Record) float64 { return r.LambdaMax.Float() }

// trainingCharts are the curves along training.
func (c *Comparison) trainingCharts() []Chart {
	byEpoch := func(r runlog.Record, _ float64) float64 { return r.Epoch.Float() }
	held := c.held()
	title, yLabel := sentenceCase(held)+" accuracy", held+" accuracy, %"
	return []Chart{
		{ID: "train-loss", Title: "Training loss", XLabel: "epoch", Whole: true, YLabel: "mean loss over the epoch's batches", Series: c.bands(train(loss), false),
			Note: "The loss at the weights, not at a perturbed point, as the optimizer saw it, augmentation and label noise included."},
		{ID: "test-accuracy", Title: title, XLabel: "epoch", Whole: true, YLabel: yLabel, Series: c.bands(accuracy(held, byEpoch), true), NoLog: true},
		{ID: "lambda", Title: "λmax, running estimate", XLabel: "epoch", Whole: true, YLabel: "λmax", Series: c.bands(train(runningLambda), false),
			Note: "The optimizer's own estimate on its batches, of the methods that keep one. It is not converged in the first epochs."},
		{ID: "angle", Title: "Angle between gradient and eigenvector", XLabel: "epoch", Whole: true, YLabel: "degrees", NoLog: true,
			Series: c.bands(train(func(r runlog.Record) float64 { return r.AngleDeg.Float() }), false),
			Note:   "90° is a gradient without a component along the sharpest direction. Of the methods that estimate that direction."},
		{ID: "step-time", Title: "Time of a step", XLabel: "epoch", Whole: true, YLabel: "milliseconds",
			Series: c.bands(train(func(r runlog.Record) float64 { return 1000 * r.StepSeconds.Float() }), false),
			Note:   "Other work on the machine shows here as bumps."},
		{ID: "accuracy-time", Title: title + " per time", XLabel: "seconds spent in training steps", YLabel: yLabel, NoLog: true, Long: true,
			Series: c.bands(accuracy(held, func(_ runlog.Record, seconds float64) float64 { return seconds }), true),
			Note:   "Wall-clock time of the steps, without compiling and evaluating."},
		{ID: "accuracy-gradients", Title: title + " per gradient evaluation", XLabel: "gradient evaluations", YLabel: yLabel, NoLog: true, Long: true,
			Series: c.bands(accuracy(held, func(r runlog.Record, _ float64) float64 { return r.GradientEvaluations.Float() }), true),
			Note:   "Independent of the machine: SGD spends one gradient a step, SAM two. An exact Hessian-vector product counts as two."},
	}
}

// scatter puts each finished run at its λmax and its accuracy.
func (c *Comparison) scatter() Chart {
	held := c.held()
	chart := Chart{ID: "accuracy-lambda", Title: sentenceCase(held) + " accuracy against λmax", XLabel: "λmax at the end", YLabel: held + " accuracy, %", NoLog: true, Long: true,
		Note: "One mark a run. Flat and accurate is at the top left."}
	for i, m := range c.Methods() {
		s := Series{Name: m, Style: i % styles, Points: true}
		for _, r := range c.of(m) {
			a := compare.Accuracy(r.Summary)
			if r.Summary.Finished && r.Summary.LambdaMax.Known() && !math.IsNaN(a) {
				s.X, s.Y = append(s.X, r.Summary.LambdaMax.Float()), append(s.Y, 100*a)
			}
		}
		chart.add(s)
	}
	return chart
}

// add appends a series that has points.
func (c *Chart) add(s Series) {
	if len(s.X) > 0 {
		c.Series = append(c.Series, s)
	}
}

// stability draws λmax, the running estimate and what was measured, against 2/η.
func (c *Comparison) stability() Chart {
	chart := Chart{ID: "stability", Title: "λmax against 2/η", XLabel: "epoch", Whole: true, YLabel: "λmax, and 2/η", LogFirst: true,
		Note: "Above the grey line 2/η, η the learning rate, gradient descent on the quadratic model is unstable along the eigenvector. " +
			"With momentum β the bound is (1+β) times as high; SAM's and X-SAM's own bounds are lower. Lines are running estimates, single marks are measured to convergence."}
	rates := map[string]bool{}
	for i, m := range c.Methods() {
		runs := c.of(m)
		running := band(m, i%styles, runs, train(runningLambda), false)
		running.Lo, running.Hi = nil, nil
		chart.add(running)
		measured := band(m+", measured", i%styles, runs, measuredLambda, false)
		measured.Points, measured.Lo, measured.Hi = true, nil, nil
		chart.add(measured)
		for _, r := range runs {
			s := r.stabilityBound()
			if key := s.Name; len(s.X) > 0 && !rates[key] {
				rates[key] = true
				chart.add(s)
			}
		}
	}
	if !slices.ContainsFunc(chart.Series, func(s Series) bool { return s.Style != Reference }) {
		chart.Series = nil // the bound alone says nothing
	}
	return chart
}

// measuredLambda is λmax as xsam curvature and the end of the run measured it, against the epoch.
func measuredLambda(r Run) (points []point) {
	for _, m := range slices.Backward(r.Measurements) { // the newest of several of a state counts
		if m.Measure == runlog.MeasureSpectrum && m.Operator == "hessian" && m.Spectrum != nil && len(m.Spectrum.Values) > 0 && m.Epoch.Known() {
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
func (r Run) stabilityBound() Series {
	perEpoch, c := r.stepsPerEpoch(), r.Config
	s := Series{Name: "2/η", Style: Reference}
	if perEpoch == 0 || !(c.LearningRate > 0) || (c.Base != "sgd" && c.Base != "") {
		return s
	}
	s.Name += ", η from " + tickText(c.LearningRate) + ", " + c.Schedule
	steps := perEpoch * float64(c.Epochs)
	const parts = 100
	for i := range parts + 1 {
		step := steps * float64(i) / parts
		if rate := c.rate(step, steps); rate >= lowestRate*c.LearningRate {
			s.X, s.Y = append(s.X, step/perEpoch), append(s.Y, 2/rate)
		}
	}
	return s
}
