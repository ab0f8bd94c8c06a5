package plots

import (
	"errors"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/xsam-go/xsam/runlog"
)

// landscape draws a landscape over a plane, in a frame of its own.
func landscape(m runlog.Measurement, title string) (func(draw.Canvas), error) {
	what := "Loss around the weights"
	if len(m.Landscape.Runs) > 0 {
		what = "Loss in the plane through the last weights"
	}
	s := Surface{Title: what + "\n" + title, Landscape: *m.Landscape, Frame: NewFrame(m.Landscape)}
	return s.paint()
}

// line draws a landscape along a line. The weights measured are at 0.
func line(m runlog.Measurement, title string) (*plot.Plot, error) {
	l := m.Landscape
	p := newPlot("Loss along a line through the weights\n"+title, "position along "+l.Directions[0], "loss")
	grid(p)
	var points, marks plotter.XYs
	for i, x := range l.X {
		if y := l.Loss[0][i]; y.Known() {
			points = append(points, plotter.XY{X: x, Y: y.Float()})
		}
	}
	if len(points) == 0 {
		return nil, errors.New("a landscape without a finite loss")
	}
	if err := curve(p, "loss", points, blue, nil, false); err != nil {
		return nil, err
	}
	if m.Loss.Known() {
		marks = append(marks, plotter.XY{X: 0, Y: m.Loss.Float()})
		s, err := dots(marks)
		if err != nil {
			return nil, err
		}
		p.Add(s)
		p.Legend.Add("the weights measured", s)
	}
	return p, nil
}

// dots are points in orange.
func dots(points plotter.XYs) (*plotter.Scatter, error) {
	s, err := plotter.NewScatter(points)
	if err == nil {
		s.Color, s.Shape, s.Radius = orange, draw.CircleGlyph{}, vg.Points(3.5)
	}
	return s, err
}
