package plots

import (
	"errors"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is a picture of a bar for each name, of which a part is solid.
type Bars struct {
	Title, Y     string
	Names        []string
	Whole, Parts []float64 // Parts may be NaN
	Part, Rest   string    // what the two are, for the legend
}

func (b Bars) paint() (func(draw.Canvas), error) {
	if len(b.Names) == 0 || len(b.Whole) != len(b.Names) || len(b.Parts) != len(b.Names) {
		return nil, errors.New("bars without numbers")
	}
	p, key := newPlot(b.Title, "", b.Y), newPlot("", "", "").Legend
	grid(p)
	parts := make(plotter.Values, len(b.Names))
	for i, part := range b.Parts {
		if finite(part) {
			parts[i] = part
		}
	}
	const width = 24 // points
	whole, err := plotter.NewBarChart(plotter.Values(b.Whole), vg.Points(width))
	if err != nil {
		return nil, err
	}
	part, err := plotter.NewBarChart(parts, vg.Points(width))
	if err != nil {
		return nil, err
	}
	whole.Color, whole.LineStyle.Width = LookOf(0).pale(), 0
	part.Color, part.LineStyle.Width = LookOf(0).Colour, 0
	p.Add(whole, part)
	key.Add(b.Part, part)
	key.Add(b.Rest, whole)
	p.NominalX(b.Names...)
	p.Y.Min = 0
	if err := drawable(p.X.Min, p.X.Max, p.Y.Min, p.Y.Max); err != nil {
		return nil, err
	}
	return func(c draw.Canvas) { beside(c, p, key) }, nil
}
