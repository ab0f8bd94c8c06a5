package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// latest returns the newest measurement of a kind at the last state of the weights that has one: of the Hessian, or
// of the loss itself, which has no operator.
func latest(r *runlog.Run, measure string) (newest runlog.Measurement, ok bool) {
	for _, m := range r.Measurements {
		if m.Measure == measure && (m.Operator == "hessian" || m.Operator == "") && (!ok || m.Step >= newest.Step) {
			newest, ok = m, true
		}
	}
	return newest, ok
}

// curvature are the charts of the curvature, along training and measured.
func (c *Comparison) curvature() []Chart {
	return append([]Chart{c.stability()}, c.measuredCharts()...)
}

// measuredCharts are the charts of curvature.jsonl, without those that have no data.
func (c *Comparison) measuredCharts() []Chart {
	charts := []Chart{c.measured(), c.spectrum(), c.density(), c.layers()}
	charts = append(charts, c.lines()...)
	return slices.DeleteFunc(charts, func(c Chart) bool { return len(c.Series) == 0 })
}

// measured is λmax at the states of the weights at which it was measured to convergence, where there is more than the
// end.
func (c *Comparison) measured() Chart {
	chart := Chart{ID: "lambda-measured", Title: "λmax, measured", XLabel: "epoch", Whole: true, YLabel: "λmax",
		Series: c.bands(measuredLambda, false),
		Note: "Of the Hessian of the training loss of a fixed set of examples, at the snapshots that xsam curvature was " +
			"given, and at the end."}
	if !slices.ContainsFunc(chart.Series, func(s Series) bool { return len(s.X) > 1 }) {
		chart.Series = nil
	}
	chart.Series = c.underBounds(chart.Series)
	return chart
}

// spectrum is the top of the spectrum, eigenvalue by eigenvalue.
func (c *Comparison) spectrum() Chart {
	points := func(r *runlog.Run) (points []point) {
		m, ok := latest(r, runlog.MeasureSpectrum)
		if !ok || m.Spectrum == nil {
			return nil
		}
		for i, v := range m.Spectrum.Values {
			points = append(points, point{int64(i), float64(i + 1), v.Float()})
		}
		return points
	}
	return Chart{ID: "spectrum", Title: "Top of the spectrum", XLabel: "number of the eigenvalue", Whole: true,
		YLabel: "eigenvalue of the Hessian",
		Series: c.bands(points, false), Note: "At the last measured state of each run."}
}

// density is the spectral density of the first run of each method that has one.
func (c *Comparison) density() Chart {
	chart := Chart{ID: "density", Title: "Spectral density", XLabel: "eigenvalue of the Hessian", YLabel: "density",
		LogFirst: true, Long: true,
		Note: "Share of the eigenvalues per unit, smoothed; one run a method."}
	for _, m := range c.Methods() {
		for _, r := range c.of(m) {
			d, ok := latest(r, runlog.MeasureDensity)
			if !ok || d.Density == nil || len(d.Density.Points) != len(d.Density.Values) {
				continue
			}
			s := Series{Name: fmt.Sprintf("%s, seed %d", m, r.Summary.Seed), Method: m, Style: c.style(m)}
			largest := slices.Max(append([]float64{0}, d.Density.Values...))
			for j, x := range d.Density.Points {
				y := d.Density.Values[j]
				if y < 1e-6*largest { // the far tail of a Gaussian, which a logarithmic axis would show as a cliff
					y = math.NaN()
				}
				s.X, s.Y = append(s.X, x), append(s.Y, y)
			}
			chart.add(s)
			break
		}
	}
	return chart
}

// layers is λmax of each layer's own block of the Hessian, in the order of the layers.
func (c *Comparison) layers() Chart {
	var names []string
	points := func(r *runlog.Run) (points []point) {
		m, ok := latest(r, runlog.MeasureLayers)
		if !ok {
			return nil
		}
		for _, b := range m.Layers {
			at := slices.Index(names, b.Layer)
			if at < 0 {
				at, names = len(names), append(names, b.Layer)
			}
			points = append(points, point{int64(at), float64(at + 1), b.LambdaMax.Float()})
		}
		return points
	}
	chart := Chart{ID: "layers", Title: "λmax of each layer's block", XLabel: "layer", Whole: true,
		YLabel: "λmax of the block", Series: c.bands(points, false)}
	for i, n := range names {
		chart.Note += fmt.Sprintf("%d %s", i+1, n)
		if i+1 < len(names) {
			chart.Note += ", "
		}
	}
	return chart
}

// lines are the losses along lines through the weights, one chart a direction, one run a method.
func (c *Comparison) lines() (charts []Chart) {
	for _, m := range c.Methods() {
		seen := map[string]bool{}
		for _, r := range c.of(m) {
			for _, l := range slices.Backward(r.Measurements) {
				if l.Measure != runlog.MeasureLandscape || l.Landscape == nil || len(l.Landscape.Loss) != 1 ||
					len(l.Landscape.Directions) == 0 ||
					seen[l.Landscape.Directions[0]] || len(l.Landscape.X) != len(l.Landscape.Loss[0]) {
					continue
				}
				name := l.Landscape.Directions[0]
				seen[name] = true
				at := slices.IndexFunc(charts, func(c Chart) bool { return c.Title == "Loss along "+name })
				if at < 0 {
					at, charts = len(charts), append(charts, Chart{ID: fmt.Sprintf("line-%d", len(charts)+1),
						Title: "Loss along " + name, XLabel: "distance from the weights", YLabel: l.Split + " loss",
						Note: "One run a method."})
				}
				s := Series{Name: fmt.Sprintf("%s, seed %d", m, r.Summary.Seed), Method: m, Style: c.style(m),
					X: l.Landscape.X}
				for _, y := range l.Landscape.Loss[0] {
					s.Y = append(s.Y, y.Float())
				}
				charts[at].add(s)
			}
		}
	}
	return charts
}

// measuredTable holds the single numbers of curvature.jsonl: trace, Frobenius norm, angle, sharpness.
func (c *Comparison) measuredTable() (Grid, bool) {
	g := Grid{Caption: "Measured by xsam curvature at the last measured state of each run; mean ± half-width of the " +
		"95 % interval over the runs that have learnt and have the number."}
	type column struct {
		name  string
		value func(*runlog.Run) float64
	}
	single := func(measure string, value func(runlog.Measurement) runlog.Number) func(*runlog.Run) float64 {
		return func(r *runlog.Run) float64 {
			if m, ok := latest(r, measure); ok && r.Summary.NotLearnt == "" {
				return value(m).Float()
			}
			return math.NaN()
		}
	}
	columns := []column{
		{"λ₁", single(runlog.MeasureSpectrum, func(m runlog.Measurement) runlog.Number { return firstOf(m.Spectrum) })},
		{"trace", single(runlog.MeasureTrace, func(m runlog.Measurement) runlog.Number { return valueOf(m.Trace) })},
		{"Frobenius norm", single(runlog.MeasureFrobenius,
			func(m runlog.Measurement) runlog.Number { return valueOf(m.Frobenius) })},
		{"angle, °", single(runlog.MeasureAngle, func(m runlog.Measurement) runlog.Number {
			if m.Angles == nil || len(m.Angles.AngleDeg) == 0 {
				return runlog.Number{}
			}
			return m.Angles.AngleDeg[0]
		})},
	}
	for _, ball := range c.balls() {
		columns = append(columns, column{fmt.Sprintf("rise of the loss, %s ρ = %g", ball.Ball, ball.Rho),
			single(runlog.MeasureSharpness, func(m runlog.Measurement) runlog.Number {
				for _, b := range m.Sharpness {
					if b.Ball == ball.Ball && b.Rho == ball.Rho {
						return b.Rise
					}
				}
				return runlog.Number{}
			})})
	}
	estimates := make([][]compare.Estimate, len(c.Methods()))
	known := make([]bool, len(columns))
	for i, m := range c.Methods() {
		for j, col := range columns {
			var v []float64
			for _, r := range c.of(m) {
				v = append(v, col.value(r))
			}
			e := compare.NewEstimate(v)
			estimates[i], known[j] = append(estimates[i], e), known[j] || e.N > 0
		}
	}
	for j, col := range columns {
		if known[j] {
			g.Columns = append(g.Columns, col.name)
		}
	}
	for i, m := range c.Methods() {
		row := GridRow{Head: m, Style: c.style(m)}
		for j := range columns {
			if known[j] {
				row.Cells = append(row.Cells, plainCell(estimates[i][j].String()))
			}
		}
		g.Rows = append(g.Rows, row)
	}
	return g, len(g.Columns) > 0
}

func firstOf(s *runlog.Spectrum) runlog.Number {
	if s == nil || len(s.Values) == 0 {
		return runlog.Number{}
	}
	return s.Values[0]
}

func valueOf(e *runlog.Estimate) runlog.Number {
	if e == nil {
		return runlog.Number{}
	}
	return e.Value
}

// balls are the distinct balls in which sharpness was measured.
func (c *Comparison) balls() (balls []runlog.BallSharpness) {
	for _, r := range c.Runs {
		m, ok := latest(r, runlog.MeasureSharpness)
		if !ok {
			continue
		}
		for _, b := range m.Sharpness {
			if !slices.ContainsFunc(balls, func(o runlog.BallSharpness) bool { return o.Ball == b.Ball && o.Rho == b.Rho }) {
				balls = append(balls, b)
			}
		}
	}
	return balls
}
