package plots

import (
	"errors"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/xsam-go/xsam/runlog"
)

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

// contours is the number of contour lines, colours that of colours.
const (
	contours = 12
	colours  = 255
)

// surface paints a landscape over a plane: colours with a scale beside them, contour lines, the weights, and the path
// of training where that is known.
func surface(m runlog.Measurement, title string) (func(draw.Canvas), error) {
	z := newHeights(*m.Landscape)
	if !(z.high > z.low) {
		return nil, errors.New("a landscape without two finite losses that differ")
	}
	if err := errors.Join(drawable(z.edges()), drawable(z.low, z.high, z.low, z.high)); err != nil {
		return nil, err
	}
	names := m.Landscape.Directions
	p := newPlot("Loss around the weights\n"+title, "along "+names[0], "along "+names[len(names)-1])
	scale := moreland.Kindlmann()
	scale.SetMin(z.low)
	scale.SetMax(z.high)
	heat := plotter.NewHeatMap(z, scale.Palette(colours))
	heat.NaN = color.White
	p.Add(heat)
	levels := make([]float64, contours)
	for i := range levels {
		levels[i] = z.low + (z.high-z.low)*(float64(i)+0.5)/contours
	}
	rings := plotter.NewContour(z.filled(), levels, nil)
	rings.LineStyles = []draw.LineStyle{{Color: color.NRGBA{255, 255, 255, 150}, Width: vg.Points(0.6)}}
	p.Add(rings)
	key := newPlot("", "", "").Legend // beside the picture, for colours do not leave room in it
	if path := m.Landscape.Path; len(path) > 1 {
		points := make(plotter.XYs, len(path))
		for i, at := range path {
			points[i] = plotter.XY{X: at[0], Y: at[1]}
		}
		l, s, err := lineWithPoints(points, yellow, nil)
		if err != nil {
			return nil, err
		}
		p.Add(l, s)
		key.Add("training", l, s)
	}
	weights, err := dots(plotter.XYs{{}})
	if err != nil {
		return nil, err
	}
	p.Add(weights)
	key.Add("weights", weights)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = z.edges()

	bar := newPlot("", "", z.name)
	bar.Add(&plotter.ColorBar{ColorMap: scale, Vertical: true, Colors: colours})
	bar.HideX()
	if z.logarithmic {
		bar.Y.Tick.Marker = plot.TickerFunc(powers)
	}
	return func(c draw.Canvas) {
		const column = 2.6 * vg.Centimeter
		p.Draw(draw.Crop(c, 0, -column, 0, 0))
		beside := draw.Crop(c, c.Max.X-c.Min.X-column+2*vg.Millimeter, 0, 0, 0)
		bar.Draw(draw.Crop(beside, 0, 0, 1.2*vg.Centimeter, -2*vg.Centimeter))
		key.Draw(beside)
	}, nil
}

// heights are the losses of a landscape as a plotter.GridXYZ, or their logarithms where they span more than two
// orders of magnitude.
type heights struct {
	xs, ys      []float64
	z           [][]float64
	low, high   float64
	logarithmic bool
	name        string
}

func newHeights(l runlog.Landscape) heights {
	h := heights{xs: l.X, ys: l.Y, low: math.Inf(1), high: math.Inf(-1), name: "loss"}
	for _, row := range l.Loss {
		for _, loss := range row {
			if loss.Known() {
				h.low, h.high = math.Min(h.low, loss.Float()), math.Max(h.high, loss.Float())
			}
		}
	}
	h.logarithmic = h.low > 0 && h.high > 100*h.low
	if h.logarithmic {
		h.low, h.high, h.name = math.Log10(h.low), math.Log10(h.high), "loss (logarithmic)"
	}
	for _, row := range l.Loss {
		line := make([]float64, len(row))
		for i, loss := range row {
			line[i] = loss.Float()
			if h.logarithmic {
				line[i] = math.Log10(line[i])
			}
		}
		h.z = append(h.z, line)
	}
	return h
}

// filled has the largest loss in the place of those that are not finite: contour lines go around them.
func (h heights) filled() heights {
	z := make([][]float64, len(h.z))
	for j, row := range h.z {
		z[j] = append([]float64(nil), row...)
		for i, value := range row {
			if math.IsNaN(value) {
				z[j][i] = h.high
			}
		}
	}
	h.z = z
	return h
}

// edges are the outer edges of the cells.
func (h heights) edges() (xMin, xMax, yMin, yMax float64) {
	half := func(at []float64) float64 { return (at[1] - at[0]) / 2 }
	dx, dy := half(h.xs), half(h.ys)
	return h.xs[0] - dx, h.xs[len(h.xs)-1] + dx, h.ys[0] - dy, h.ys[len(h.ys)-1] + dy
}

// Dims, Z, X and Y implement plotter.GridXYZ.
func (h heights) Dims() (columns, rows int) { return len(h.xs), len(h.ys) }
func (h heights) Z(column, row int) float64 { return h.z[row][column] }
func (h heights) X(column int) float64      { return h.xs[column] }
func (h heights) Y(row int) float64         { return h.ys[row] }
