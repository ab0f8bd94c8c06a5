package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/xsam-go/xsam/runlog"
)

// densityFloor is the smallest density that is drawn, as a share of the largest: the axis is logarithmic, because the
// bulk near 0 outweighs the outliers by many orders of magnitude.
const densityFloor = 1e-6

// density draws a smoothed spectral density.
func density(m runlog.Measurement, title string) (*plot.Plot, error) {
	d := m.Density
	p := newPlot("Spectral density of "+matrix(m)+"\n"+title, "eigenvalue", "density (1 / unit of eigenvalue)")
	grid(p)
	top := 0.0
	for _, value := range d.Values {
		top = math.Max(top, value)
	}
	if top == 0 {
		return nil, fmt.Errorf("a density that is 0 everywhere")
	}
	points := make(plotter.XYs, len(d.Points))
	for i, x := range d.Points {
		points[i] = plotter.XY{X: x, Y: math.Log10(math.Max(d.Values[i], densityFloor*top))}
	}
	name := fmt.Sprintf("%d probes, smoothed by σ = %.2g", len(d.Nodes), d.Width)
	if len(d.Nodes) == 1 {
		name = fmt.Sprintf("1 probe, smoothed by σ = %.2g", d.Width)
	}
	if err := curve(p, name, points, blue, nil, false); err != nil {
		return nil, err
	}
	// Logarithms on a linear axis: gonum/plot leaves room at the wrong place for the name of a logarithmic one.
	p.Y.Tick.Marker = plot.TickerFunc(powers)
	p.Y.Max += 1 // for the legend
	return p, nil
}
