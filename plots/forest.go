package plots

import (
	"errors"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Forest is a picture of differences with their intervals, one panel a quantity, side by side where there is room.
type Forest []Panel

// Panel is a quantity: a row for each method around the line of no difference.
type Panel struct {
	Title, X string
	Axis     Axis
	Rows     []Interval
}

// Interval is a difference from Lo to Hi around Mean; ends that are not known are NaN. Solid is one that a test finds.
type Interval struct {
	Name         string
	Style        int
	Line         Line
	Mean, Lo, Hi float64
	Solid        bool
}

func (f Forest) paint() (func(draw.Canvas), error) {
	if len(f) == 0 {
		return nil, errors.New("a forest plot without a difference")
	}
	var panels []*plot.Plot
	for _, panel := range f {
		if err := drawable(panel.Axis.From, panel.Axis.To, 0, 1); err != nil {
			return nil, err
		}
		p, err := panel.plot()
		if err != nil {
			return nil, err
		}
		panels = append(panels, p)
	}
	return func(c draw.Canvas) {
		const narrow = 6.5 * vg.Centimeter
		whole, n := c.Size(), vg.Length(len(panels))
		for i, p := range panels {
			before, after := vg.Length(i)/n, vg.Length(i+1)/n-1
			if whole.X/n >= narrow {
				p.Draw(draw.Crop(c, before*whole.X, after*whole.X, 0, 0))
			} else { // below each other
				p.Draw(draw.Crop(c, 0, 0, -after*whole.Y, -before*(whole.Y+3*vg.Millimeter)))
			}
		}
	}, nil
}

func (panel Panel) plot() (*plot.Plot, error) {
	p := newPlot(panel.Title, panel.X, "")
	grid(p)
	rows := float64(len(panel.Rows))
	zero, err := plotter.NewLine(plotter.XYs{{X: 0, Y: -1}, {X: 0, Y: rows}})
	if err != nil {
		return nil, err
	}
	zero.LineStyle = draw.LineStyle{Color: looks[Reference].Colour, Width: vg.Points(1)}
	p.Add(zero)
	var names []plot.Tick
	for i, r := range panel.Rows {
		y := rows - 1 - float64(i)
		names = append(names, plot.Tick{Value: y, Label: r.Name})
		look := LookOf(r.Style).drawn(max(FirstLine, r.Line))
		if lo, hi := max(r.Lo, panel.Axis.From), min(r.Hi, panel.Axis.To); !math.IsNaN(lo) && !math.IsNaN(hi) {
			line, err := plotter.NewLine(plotter.XYs{{X: lo, Y: y}, {X: hi, Y: y}})
			if err != nil {
				return nil, err
			}
			line.LineStyle = look.line()
			p.Add(line)
		}
		if !finite(r.Mean) {
			continue
		}
		mark, err := plotter.NewScatter(plotter.XYs{{X: r.Mean, Y: y}})
		if err != nil {
			return nil, err
		}
		mark.GlyphStyle = draw.GlyphStyle{Color: look.Colour, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
		p.Add(mark)
		if !r.Solid {
			hole := *mark
			hole.Color, hole.Radius = color.White, vg.Points(2.6)
			p.Add(&hole)
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = panel.Axis.From, panel.Axis.To, -0.6, rows-0.4
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	return p, nil
}
