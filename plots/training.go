package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/xsam-go/xsam/runlog"
)

// headroom is how far above the largest eigenvalue an edge of stability is still drawn.
const headroom = 3

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
		if k := len(m.Spectrum.Values); k > 1 {
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
	highest := 0.0
	for i, points := range []plotter.XYs{top, fifth} {
		if len(points) == 0 {
			continue
		}
		slices.SortFunc(points, func(a, b plotter.XY) int { return int(math.Copysign(1, a.X-b.X)) })
		if err := curve(p, []string{"λmax", fifthName}[i], points, palette[i], nil, len(points) <= 60); err != nil {
			return nil, err
		}
		for _, point := range points {
			highest = math.Max(highest, point.Y)
		}
	}
	for i, edge := range d.Edges {
		if err := edgeCurve(p, edge, headroom*highest, i); err != nil {
			return nil, err
		}
	}
	p.Y.Min = math.Min(p.Y.Min, 0)
	p.Y.Max *= 1.3 // for the legend
	return p, nil
}

// edgeCurve draws the part of an edge below a limit: with a learning rate that falls to 0 it rises without bound.
func edgeCurve(p *plot.Plot, edge Edge, limit float64, index int) error {
	var points plotter.XYs
	for i, epoch := range edge.Epochs {
		if y := edge.Values[i]; y <= limit && !math.IsNaN(y) {
			points = append(points, plotter.XY{X: epoch, Y: y})
		}
	}
	if len(points) == 0 {
		p.Legend.Add(edge.Name + ": above the picture")
		return nil
	}
	slices.SortFunc(points, func(a, b plotter.XY) int { return int(math.Copysign(1, a.X-b.X)) })
	return curve(p, edge.Name, points, palette[2+index%(len(palette)-2)], dashed, len(points) <= 3)
}
