package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Chart is a picture of lines, bands and marks over axes whose ends are given.
type Chart struct {
	Title, X, Y  string
	XAxis, YAxis Axis
	Series       []Curve
}

// Axis is an axis from one value to another. The ends of a logarithmic one are logarithms to base 10.
type Axis struct {
	From, To float64
	Log      bool
}

// Curve is a series of a chart. Points that are not finite, and those at or below 0 on a logarithmic axis, are gaps.
type Curve struct {
	Name   string
	Style  int // its look, see LookOf
	X, Y   []float64
	Lo, Hi []float64 // the ends of a band; nil for none
	Points bool      // marks without a line
	Line   Line
}

// marksAtMost is the number of marks of a line.
const marksAtMost = 14

func (c Chart) paint() (func(draw.Canvas), error) {
	if err := drawable(c.XAxis.From, c.XAxis.To, c.YAxis.From, c.YAxis.To); err != nil {
		return nil, err
	}
	if !(c.XAxis.From < c.XAxis.To && c.YAxis.From < c.YAxis.To) {
		return nil, errors.New("a chart without a finite point")
	}
	p := newPlot(c.Title, c.X, c.Y)
	grid(p)
	key := newPlot("", "", "").Legend // beside the axes
	for _, s := range c.Series {
		if len(s.X) != len(s.Y) || s.Lo != nil && (len(s.Lo) != len(s.X) || len(s.Hi) != len(s.X)) {
			return nil, fmt.Errorf("series %q has %d and %d numbers, and %d and %d of a band: want as many", s.Name, len(s.X),
				len(s.Y), len(s.Lo), len(s.Hi))
		}
		if err := s.add(p, &key, c.YAxis); err != nil {
			return nil, fmt.Errorf("series %q: %w", s.Name, err)
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = c.XAxis.From, c.XAxis.To, c.YAxis.From, c.YAxis.To
	if c.YAxis.Log {
		p.Y.Tick.Marker = plot.TickerFunc(powers)
	}
	return func(canvas draw.Canvas) { beside(canvas, p, key) }, nil
}

// beside draws a plot with its legend to the right or, where that would take too much of the width, below.
func beside(c draw.Canvas, p *plot.Plot, key plot.Legend) {
	const most, gap = 0.35, 3 * vg.Millimeter
	whole, need := c.Size(), key.Rectangle(c).Size()
	if need.X <= most*whole.X {
		p.Draw(draw.Crop(c, 0, -need.X-gap, 0, 0))
		key.Draw(draw.Crop(c, whole.X-need.X, 0, 0, -8*vg.Millimeter))
		return
	}
	need.Y = min(need.Y, whole.Y/2)
	p.Draw(draw.Crop(c, 0, 0, need.Y+gap, 0))
	key.Left = true
	key.Draw(draw.Crop(c, 0, 0, 0, need.Y-whole.Y))
}

// add adds the band, the line in pieces between gaps, and the marks.
func (s Curve) add(p *plot.Plot, key *plot.Legend, y Axis) error {
	look := LookOf(s.Style).drawn(s.Line)
	var pieces []plotter.XYs
	var upper, lower, piece plotter.XYs
	end := func() {
		if len(piece) > 0 {
			pieces = append(pieces, piece)
		}
		if len(upper) > 1 {
			for i := len(lower) - 1; i >= 0; i-- {
				upper = append(upper, lower[i])
			}
			if band, err := plotter.NewPolygon(upper); err == nil {
				band.Color, band.LineStyle.Width = look.pale(), 0
				p.Add(band)
			}
		}
		piece, upper, lower = nil, nil, nil
	}
	for i, x := range s.X {
		at, ok := y.place(s.Y[i])
		if !ok || !finite(x) {
			end()
			continue
		}
		piece = append(piece, plotter.XY{X: x, Y: at})
		if s.Lo == nil || !finite(s.Lo[i]) {
			continue
		}
		if hi, ok := y.place(s.Hi[i]); ok {
			lo, ok := y.place(s.Lo[i])
			if !ok {
				lo = y.From
			}
			upper, lower = append(upper, plotter.XY{X: x, Y: min(hi, y.To)}), append(lower, plotter.XY{X: x, Y: max(lo, y.From)})
		}
	}
	end()
	return s.strokes(p, key, look, pieces)
}

// strokes adds the line and the marks of a curve, and its name.
func (s Curve) strokes(p *plot.Plot, key *plot.Legend, look Look, pieces []plotter.XYs) error {
	var all plotter.XYs
	for _, piece := range pieces {
		all = append(all, piece...)
	}
	var names []plot.Thumbnailer
	for i, piece := range pieces {
		line, err := plotter.NewLine(piece)
		if err != nil {
			return err
		}
		line.LineStyle = look.line()
		if !s.Points {
			p.Add(line)
			if i == 0 {
				names = append(names, line)
			}
		}
	}
	every := 1
	if !s.Points {
		every = (len(all) + marksAtMost - 1) / marksAtMost
	}
	var marked plotter.XYs
	for i := range all {
		if s.Style != Reference && (i+s.Style)%every == 0 {
			marked = append(marked, all[i])
		}
	}
	if len(marked) > 0 {
		marks, err := plotter.NewScatter(marked)
		if err != nil {
			return err
		}
		marks.GlyphStyle = look.glyph()
		p.Add(marks)
		names = append(names, marks)
		if s.Line == SecondLine {
			hole := *marks
			hole.Color, hole.Radius, hole.Shape = color.White, vg.Points(1.3), draw.CircleGlyph{}
			p.Add(&hole)
			names = append(names, &hole)
		}
	}
	if len(names) > 0 {
		key.Add(s.Name, names...)
	}
	return nil
}

// place is where a value lies on the axis, false where it has no place.
func (a Axis) place(v float64) (float64, bool) {
	if a.Log {
		if !(v > 0) {
			return 0, false
		}
		v = math.Log10(v)
	}
	return v, finite(v)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
