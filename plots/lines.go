package plots

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// Series is one line of a picture, with a mark at each of its points. One without a name belongs to the one before
// it: it has its colour, no marks and no place in the legend.
type Series struct {
	Name   string
	X, Y   []float64 // of equal length
	Dashed bool
}

// Lines is a picture of series over axes that name their units.
type Lines struct {
	Title, X, Y string
	FromZero    bool // whether the axes start at 0
	Series      []Series
}

// WriteLines draws the picture into a file, which is replaced if it is there; the name ends in one of the Formats.
func WriteLines(path string, l Lines) error {
	format := strings.TrimPrefix(filepath.Ext(path), ".")
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("plots: %s: want a name that ends in .%s", path, strings.Join(Formats(), ", ."))
	}
	p := newPlot(l.Title, l.X, l.Y)
	p.Legend.Left = l.FromZero // where a growing line leaves room
	grid(p)
	colour := -1
	for _, s := range l.Series {
		if len(s.X) != len(s.Y) || len(s.X) == 0 {
			return fmt.Errorf("plots: series %q has %d and %d numbers: want as many, at least one", s.Name, len(s.X), len(s.Y))
		}
		points := make(plotter.XYs, len(s.X))
		for j := range points {
			points[j].X, points[j].Y = s.X[j], s.Y[j]
		}
		dashes := dashed
		if !s.Dashed {
			dashes = nil
		}
		if s.Name != "" || colour < 0 {
			colour++
		}
		if err := curve(p, s.Name, points, palette[colour%len(palette)], dashes, s.Name != ""); err != nil {
			return fmt.Errorf("plots: series %q: %w", s.Name, err)
		}
	}
	if l.FromZero {
		p.X.Min, p.Y.Min = 0, 0
	} else {
		p.X.Max += 0.5 * (p.X.Max - p.X.Min) // room for the legend
	}
	if err := file(path, format, DefaultSize(), func(c draw.Canvas) { p.Draw(c) }); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	return nil
}
