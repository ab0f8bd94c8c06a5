package report

import (
	"math"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// point is one measurement of one run.
type point struct {
	step int64
	x, y float64
}

// band returns a series of a method: at each step the mean over the runs that were measured there, with its interval.
func band(name, method string, style int, runs []*runlog.Run, points func(*runlog.Run) []point, percent bool) Series {
	s := Series{Name: name, Method: method, Style: style}
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
func (c *Comparison) bands(points func(*runlog.Run) []point, percent bool) (all []Series) {
	for _, m := range c.Methods() {
		if s := band(m, m, c.style(m), c.of(m), points, percent); len(s.X) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// train reads a value of the Train records against the epoch.
func train(value func(runlog.Record) float64) func(*runlog.Run) []point {
	return func(r *runlog.Run) (points []point) {
		for _, rec := range r.Records {
			if rec.Kind == runlog.Train {
				points = append(points, point{rec.Step, rec.Epoch.Float(), value(rec)})
			}
		}
		return points
	}
}

// accuracy reads the accuracy on images not trained on, of the split held, against x, which may look at the record
// and at the seconds spent in steps so far.
func accuracy(held string, x func(rec runlog.Record, seconds float64) float64) func(*runlog.Run) []point {
	return func(r *runlog.Run) (points []point) {
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
		if r.Setup.ValidationSize > 0 {
			return runlog.ValidationSplit
		}
	}
	return runlog.TestSplit
}

func loss(r runlog.Record) float64          { return r.Loss.Float() }
func runningLambda(r runlog.Record) float64 { return r.LambdaMax.Float() }

// training are the charts of what was recorded along training.
func (c *Comparison) training() []Chart {
	return append(c.trainingCharts(), c.scatter(), c.metricChart())
}

// trainingCharts are the curves along training.
func (c *Comparison) trainingCharts() []Chart {
	byEpoch := func(r runlog.Record, _ float64) float64 { return r.Epoch.Float() }
	held := c.held()
	title, yLabel := sentenceCase(held)+" accuracy", held+" accuracy, %"
	return []Chart{
		{ID: "train-loss", Title: "Training loss", XLabel: "epoch", Whole: true,
			YLabel: "mean loss over the epoch's batches", Series: c.bands(train(loss), false),
			Note: "The loss at the weights, not at a perturbed point, as the optimizer saw it, augmentation and label " +
				"noise included."},
		{ID: "test-accuracy", Title: title, XLabel: "epoch", Whole: true, YLabel: yLabel,
			Series: c.bands(accuracy(held, byEpoch), true), NoLog: true, Percent: true},
		{ID: "lambda", Title: "λmax, running estimate", XLabel: "epoch", Whole: true, YLabel: "λmax",
			Series: c.underBounds(c.bands(train(runningLambda), false)),
			Note: "The optimizer's own estimate on its batches, of the methods that keep one. It is not converged in the " +
				"first epochs."},
		{ID: "angle", Title: "Angle between gradient and eigenvector", XLabel: "epoch", Whole: true, YLabel: "degrees",
			NoLog:  true,
			Series: c.bands(train(func(r runlog.Record) float64 { return r.AngleDeg.Float() }), false),
			Note: "90° is a gradient without a component along the sharpest direction. Of the methods that estimate that " +
				"direction."},
		{ID: "step-time", Title: "Time of a step", XLabel: "epoch", Whole: true, YLabel: "milliseconds",
			Series: c.bands(train(func(r runlog.Record) float64 { return 1000 * r.StepSeconds.Float() }), false),
			Note:   "Other work on the machine shows here as bumps."},
		{ID: "accuracy-time", Title: title + " per time", XLabel: "seconds spent in training steps", YLabel: yLabel,
			NoLog: true, Percent: true, Long: true,
			Series: c.bands(accuracy(held, func(_ runlog.Record, seconds float64) float64 { return seconds }), true),
			Note:   "Wall-clock time of the steps, without compiling and evaluating."},
		{ID: "accuracy-gradients", Title: title + " per gradient evaluation", XLabel: "gradient evaluations",
			YLabel: yLabel, NoLog: true, Percent: true, Long: true,
			Series: c.bands(accuracy(held, func(r runlog.Record, _ float64) float64 { return r.GradientEvaluations.Float() }),
				true),
			Note: "Independent of the machine: SGD spends one gradient a step, SAM two. An exact Hessian-vector product " +
				"counts as two."},
	}
}

// scatter puts each finished run at its λmax and its accuracy.
func (c *Comparison) scatter() Chart {
	held := c.held()
	chart := Chart{ID: "accuracy-lambda", Title: sentenceCase(held) + " accuracy against λmax",
		XLabel: "λmax at the end", YLabel: held + " accuracy, %", NoLog: true, Percent: true, Long: true,
		Note: "One mark a run. Flat and accurate is at the top left."}
	for _, m := range c.Methods() {
		s := Series{Name: m, Method: m, Style: c.style(m), Points: true}
		for _, r := range c.of(m) {
			a := compare.Accuracy(r.Summary)
			if r.Summary.Finished && r.Summary.NotLearnt == "" && r.Summary.LambdaMax.Known() && !math.IsNaN(a) {
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
