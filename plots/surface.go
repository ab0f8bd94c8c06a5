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

	"github.com/xsam-go/xsam/runlog"
)

// Surface is a picture of the loss over a plane: colours with a scale beside them, contour lines, the weights, and the
// path of training where that is known. Those of one Frame have the same axes and the same colour for the same loss.
type Surface struct {
	Title     string
	Landscape runlog.Landscape
	Frame     Frame
}

// Frame is what pictures of surfaces share: the ends of the axes and the losses that are darkest and lightest.
type Frame struct{ XFrom, XTo, YFrom, YTo, Low, High float64 }

// NewFrame spans planes; each is a grid of at least two by two points.
func NewFrame(planes ...*runlog.Landscape) Frame {
	f := Frame{XFrom: math.Inf(1), XTo: math.Inf(-1), YFrom: math.Inf(1), YTo: math.Inf(-1), Low: math.Inf(1),
		High: math.Inf(-1)}
	for _, l := range planes {
		x, y := cell(l.X)/2, cell(l.Y)/2
		f.XFrom, f.XTo = min(f.XFrom, l.X[0]-x), max(f.XTo, l.X[len(l.X)-1]+x)
		f.YFrom, f.YTo = min(f.YFrom, l.Y[0]-y), max(f.YTo, l.Y[len(l.Y)-1]+y)
		for _, row := range l.Loss {
			for _, loss := range row {
				if loss.Known() {
					f.Low, f.High = min(f.Low, loss.Float()), max(f.High, loss.Float())
				}
			}
		}
	}
	return f
}

// cell is the width of a cell of a grid.
func cell(at []float64) float64 { return at[1] - at[0] }

// Height is where a loss lies between the lowest, 0, and the highest, 1:
//
//	log(1 + loss − lowest) / log(1 + highest − lowest)
//
// so that the bottom shows its shape when the rim is high.
func (f Frame) Height(loss float64) float64 { return math.Log1p(loss-f.Low) / math.Log1p(f.High-f.Low) }

// Loss is the loss at a height.
func (f Frame) Loss(height float64) float64 {
	return f.Low + math.Expm1(height*math.Log1p(f.High-f.Low))
}

// Validate reports a frame that cannot be drawn.
func (f Frame) Validate() error {
	if !(f.High > f.Low) {
		return errors.New("a landscape without two finite losses that differ")
	}
	return errors.Join(drawable(f.XFrom, f.XTo, f.YFrom, f.YTo), drawable(f.Low, f.High, f.Low, f.High))
}

// contours is the number of contour lines, colours that of the steps of the scale.
const contours, colours = 12, 255

func (s Surface) paint() (func(draw.Canvas), error) {
	if err := s.Frame.Validate(); err != nil {
		return nil, err
	}
	names := s.Landscape.Directions
	p := newPlot(s.Title, "along "+names[0], "along "+names[len(names)-1])
	z := heights{s.Landscape, s.Frame}
	p.Add(cells{z})
	p.Add(z.rings())
	key := newPlot("", "", "").Legend // beside the picture, for colours do not leave room in it
	if path := s.Landscape.Path; len(path) > 1 {
		points := make(plotter.XYs, len(path))
		for i, at := range path {
			points[i] = plotter.XY{X: at[0], Y: at[1]}
		}
		l, marks, err := lineWithPoints(points, yellow, nil)
		if err != nil {
			return nil, err
		}
		p.Add(l, marks)
		key.Add("training", l, marks)
	}
	if err := s.mark(p, &key); err != nil {
		return nil, err
	}
	f := s.Frame
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = f.XFrom, f.XTo, f.YFrom, f.YTo

	beam := newPlot("", "", "loss")
	beam.Add(cells{scale{}})
	beam.HideX()
	beam.Y.Min, beam.Y.Max = 0, 1
	beam.Y.Tick.Marker = plot.TickerFunc(f.ticks)
	return func(c draw.Canvas) {
		const column = 2.6 * vg.Centimeter
		p.Draw(draw.Crop(c, 0, -column, 0, 0))
		beside := draw.Crop(c, c.Max.X-c.Min.X-column+2*vg.Millimeter, 0, 0, 0)
		beam.Draw(draw.Crop(beside, 0, 0, 1.2*vg.Centimeter, -2*vg.Centimeter))
		key.Draw(beside)
	}, nil
}

// mark adds the weights, or those of all runs that the plane goes through.
func (s Surface) mark(p *plot.Plot, key *plot.Legend) error {
	places := s.Landscape.Runs
	if len(places) == 0 {
		places = []runlog.Place{{Name: "weights"}}
	}
	for i, place := range places {
		at, err := dots(plotter.XYs{{X: place.At[0], Y: place.At[1]}})
		if err != nil {
			return err
		}
		at.Shape = LookOf(i).mark
		p.Add(at)
		key.Add(place.Name, at)
	}
	return nil
}

// ticks stand at round losses that are not too near to each other.
func (f Frame) ticks(_, _ float64) (ticks []plot.Tick) {
	const apart = 0.08
	last := math.Inf(-1)
	for k := range 11 { // evenly over the heights
		loss := f.Loss(float64(k) / 10)
		digits := math.Pow(10, 1-math.Floor(math.Log10(f.Loss(min(1, float64(k)/10+0.1))-f.Low)))
		loss = math.Round(loss*digits) / digits
		at := f.Height(loss)
		if at >= 0 && at <= 1 && at-last >= apart {
			ticks, last = append(ticks, plot.Tick{Value: at, Label: fmt.Sprintf("%.4g", loss)}), at
		}
	}
	return ticks
}

// heights are the losses of a landscape as a plotter.GridXYZ, each at its height.
type heights struct {
	landscape runlog.Landscape
	frame     Frame
}

// Dims, Z, X and Y implement plotter.GridXYZ.
func (h heights) Dims() (columns, rows int) { return len(h.landscape.X), len(h.landscape.Y) }
func (h heights) Z(column, row int) float64 {
	return h.frame.Height(h.landscape.Loss[row][column].Float())
}
func (h heights) X(column int) float64 { return h.landscape.X[column] }
func (h heights) Y(row int) float64    { return h.landscape.Y[row] }

// rings are the contour lines. They go around losses that are not finite.
func (h heights) rings() plot.Plotter {
	levels := make([]float64, contours)
	for i := range levels {
		levels[i] = (float64(i) + 0.5) / contours
	}
	rings := plotter.NewContour(filled{h}, levels, nil)
	rings.LineStyles = []draw.LineStyle{{Color: color.NRGBA{255, 255, 255, 150}, Width: vg.Points(0.6)}}
	return rings
}

// filled has the largest loss in the place of those that are not finite.
type filled struct{ heights }

func (f filled) Z(column, row int) float64 {
	if z := f.heights.Z(column, row); !math.IsNaN(z) {
		return z
	}
	return 1
}

// scale is the colour bar as a grid of one column.
type scale struct{}

func (scale) Dims() (columns, rows int) { return 1, colours }
func (scale) Z(_, row int) float64      { return (float64(row) + 0.5) / colours }
func (scale) X(int) float64             { return 0.5 }
func (s scale) Y(row int) float64       { return s.Z(0, row) }

// cells paints a grid of heights, each cell a little over the next ones so that no seam shows between them.
type cells struct{ plotter.GridXYZ }

// Plot implements plot.Plotter.
func (g cells) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	const over = 0.15 // points
	columns, rows := g.Dims()
	width, height := 1.0, g.Y(1)-g.Y(0)
	if columns > 1 {
		width = g.X(1) - g.X(0)
	}
	for column := range columns {
		for row := range rows {
			z := g.Z(column, row)
			if math.IsNaN(z) {
				continue
			}
			x, y := g.X(column), g.Y(row)
			c.SetColor(Viridis(z))
			c.Fill(vg.Rectangle{
				Min: vg.Point{X: max(toX(x-width/2)-over, c.Min.X), Y: max(toY(y-height/2)-over, c.Min.Y)},
				Max: vg.Point{X: min(toX(x+width/2)+over, c.Max.X), Y: min(toY(y+height/2)+over, c.Max.Y)},
			}.Path())
		}
	}
}
