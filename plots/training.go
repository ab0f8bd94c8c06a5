package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/xsam-go/xsam/runlog"
)

// headroom is how far above the largest eigenvalue an edge of stability is still drawn.
const headroom = 100

// training draws eigenvalues over training: those of spectra of several states, and those measured along it. It returns
// nil where there are fewer than two points in time.
func training(d Data) (*plot.Plot, error) {
	var top, fifth plotter.XYs
	fifthName := "λ5"
	seen := map[float64]bool{}
	add := func(epoch float64, first, second runlog.Number) {
		if math.IsNaN(epoch) || !first.Known() {
			return
		}
		seen[epoch] = true
		top = append(top, plotter.XY{X: epoch, Y: first.Float()})
		if second.Known() {
			fifth = append(fifth, plotter.XY{X: epoch, Y: second.Float()})
		}
	}
	of := runlog.Measurement{}
	for _, m := range d.Measurements {
		if m.Spectrum == nil || len(m.Spectrum.Values) == 0 {
			continue
		}
		var second runlog.Number
		if k := len(m.Spectrum.Values); k > 1 && m.Converged { // else it is of fewer than were asked for
			fifthName = fmt.Sprintf("λ%d", k)
			second = m.Spectrum.Values[k-1]
		}
		add(m.Epoch.Float(), m.Spectrum.Values[0], second)
		of = m
	}
	if of.Operator == "" || of.Operator == "hessian" { // along training it is always the Hessian
		for _, r := range d.Along {
			if r.Kind != runlog.Curvature || seen[r.Epoch.Float()] {
				continue
			}
			second := r.Lambda5
			if fifthName != "λ5" {
				second = runlog.Number{}
			}
			add(r.Epoch.Float(), r.LambdaMax, second)
		}
	}
	if len(seen) < 2 {
		return nil, nil
	}
	p := newPlot("Eigenvalues of "+matrix(of)+" over training\n"+d.Title, "epoch", "eigenvalue")
	grid(p)
	scaled := logarithmIfPositive(p, top, fifth)
	highest := 0.0
	for i, points := range []plotter.XYs{top, fifth} {
		if len(points) == 0 {
			continue
		}
		for _, point := range points {
			highest = math.Max(highest, point.Y)
		}
		if err := curve(p, []string{"λmax", fifthName}[i], inOrder(points, scaled), palette[i], nil,
			len(points) <= 60); err != nil {
			return nil, err
		}
	}
	for i, edge := range d.Edges {
		if err := edgeCurve(p, edge, headroom*highest, scaled, i); err != nil {
			return nil, err
		}
	}
	p.Y.Max += 0.3 * (p.Y.Max - p.Y.Min) // for the legend
	return p, nil
}

// logarithmIfPositive gives the axis of eigenvalues a logarithmic scale where all are above 0, for edges are often
// far above them, and returns what to do with values.
func logarithmIfPositive(p *plot.Plot, lists ...plotter.XYs) func(float64) float64 {
	for _, points := range lists {
		for _, point := range points {
			if !(point.Y > 0) {
				return func(y float64) float64 { return y }
			}
		}
	}
	p.Y.Tick.Marker = plot.TickerFunc(powers)
	return math.Log10
}

// inOrder sorts points by their epochs and scales their values.
func inOrder(points plotter.XYs, scaled func(float64) float64) plotter.XYs {
	out := slices.Clone(points)
	slices.SortFunc(out, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	for i := range out {
		out[i].Y = scaled(out[i].Y)
	}
	return out
}

// edgeCurve draws the part of an edge below a limit: with a learning rate that falls to 0 it rises without bound.
func edgeCurve(p *plot.Plot, edge Edge, limit float64, scaled func(float64) float64, index int) error {
	var points plotter.XYs
	for i, epoch := range edge.Epochs {
		if y := edge.Values[i]; y > 0 && y <= limit {
			points = append(points, plotter.XY{X: epoch, Y: y})
		}
	}
	if len(points) == 0 {
		p.Legend.Add(edge.Name + ": above the picture")
		return nil
	}
	return curve(p, edge.Name, inOrder(points, scaled), palette[2+index%(len(palette)-2)], dashed, len(points) <= 3)
}
