package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/xsam-go/xsam/runlog"
)

// spectrum draws the top eigenvalues as bars. Those that have not converged are pale.
func spectrum(m runlog.Measurement, title string, size Size) (*plot.Plot, error) {
	p := newPlot("Top eigenvalues of "+matrix(m)+"\n"+title, "", "eigenvalue")
	grid(p)
	names := make([]string, len(m.Spectrum.Values))
	certain, open := make(plotter.Values, len(names)), make(plotter.Values, len(names))
	for i, value := range m.Spectrum.Values {
		names[i] = fmt.Sprintf("λ%d", i+1)
		if !value.Known() {
			continue
		}
		if m.Converged {
			certain[i] = value.Float()
		} else {
			open[i] = value.Float()
		}
	}
	return p, bars(p, names, certain, open, size)
}

// layers draws λmax of each layer's block.
func layers(m runlog.Measurement, title string, size Size) (*plot.Plot, error) {
	p := newPlot("λmax of each layer's block of "+matrix(m)+"\n"+title, "", "λmax of the block")
	grid(p)
	names := make([]string, len(m.Layers))
	certain, open := make(plotter.Values, len(names)), make(plotter.Values, len(names))
	for i, layer := range m.Layers {
		names[i] = layer.Layer
		switch {
		case !layer.LambdaMax.Known():
		case layer.Converged:
			certain[i] = layer.LambdaMax.Float()
		default:
			open[i] = layer.LambdaMax.Float()
		}
	}
	return p, bars(p, names, certain, open, size)
}

// bars adds one bar for each name: solid for a converged value, pale for another.
func bars(p *plot.Plot, names []string, certain, open plotter.Values, size Size) error {
	width, _ := size.lengths()
	bar := min(24, 0.66*width/vg.Length(len(names)))
	solid, err := plotter.NewBarChart(certain, bar)
	if err != nil {
		return err
	}
	solid.Color, solid.LineStyle.Width = blue, 0
	p.Add(solid)
	pale, err := plotter.NewBarChart(open, bar)
	if err != nil {
		return err
	}
	pale.Color, pale.LineStyle.Color = faint, gray
	if slices.ContainsFunc(open, func(value float64) bool { return value != 0 }) {
		p.Add(pale)
		p.Legend.Add("converged", solid)
		p.Legend.Add("not converged", pale)
		p.Y.Max += 0.2 * (p.Y.Max - math.Min(p.Y.Min, 0)) // for the legend
	}
	p.NominalX(names...)
	p.X.Padding = vg.Points(5)
	if len(names) > 8 { // upright names would run into each other
		p.X.Tick.Label.Rotation = math.Pi / 2
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	}
	p.Y.Min = math.Min(p.Y.Min, 0)
	return nil
}
