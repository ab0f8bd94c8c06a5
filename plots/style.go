package plots

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours that are told apart with every kind of colour vision (Okabe and Ito).
var (
	blue    = color.RGBA{0, 114, 178, 255}
	orange  = color.RGBA{213, 94, 0, 255}
	green   = color.RGBA{0, 158, 115, 255}
	purple  = color.RGBA{204, 121, 167, 255}
	yellow  = color.RGBA{230, 159, 0, 255}
	gray    = color.Gray{130}
	faint   = color.Gray{225}
	palette = []color.Color{blue, orange, green, purple, yellow}
)

var dashed = []vg.Length{vg.Points(5), vg.Points(3)}

// sans is the font of all text.
func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// newPlot returns an empty picture with a title and axes named with their units.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(11)
	p.Title.Padding = vg.Points(6)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(10)
		axis.Tick.Label.Font = sans(9)
		axis.Tick.Marker = plot.TickerFunc(evenly)
		axis.Padding = 0
	}
	p.Legend.TextStyle.Font = sans(9)
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(2)
	p.Legend.ThumbnailWidth = vg.Points(18)
	return p
}

// grid draws faint lines behind what is added after it.
func grid(p *plot.Plot) {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = faint, faint
	p.Add(g)
}

// curve adds a line with a name in the legend, and marks its points where there are few.
func curve(p *plot.Plot, name string, points plotter.XYs, c color.Color, dashes []vg.Length, marked bool) error {
	l, s, err := lineWithPoints(points, c, dashes)
	if err != nil {
		return err
	}
	p.Add(l)
	thumbnails := []plot.Thumbnailer{l}
	if marked {
		p.Add(s)
		thumbnails = append(thumbnails, s)
	}
	if name != "" {
		p.Legend.Add(name, thumbnails...)
	}
	return nil
}

func lineWithPoints(points plotter.XYs, c color.Color, dashes []vg.Length) (*plotter.Line, *plotter.Scatter, error) {
	l, s, err := plotter.NewLinePoints(points)
	if err != nil {
		return nil, nil, err
	}
	l.Color, l.Width, l.Dashes = c, vg.Points(1.5), dashes
	s.Color, s.Shape, s.Radius = c, draw.CircleGlyph{}, vg.Points(2.2)
	return l, s, nil
}

// decades are the ticks of a logarithmic axis, none beyond its ends: numbers at the powers of
// ten (and at 2 and 5 times these where they are few), marks at the other digits.
func decades(low, high float64) (ticks []plot.Tick) {
	if !(low > 0) || math.IsInf(high, 1) { // beyond what numbers hold: an axis without ticks
		return nil
	}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	few := last-first <= 3
	const rounding = 1e-9
	for power := first; power <= last; power++ {
		for digit := 1.0; digit < 10; digit++ {
			value := digit * math.Pow(10, power)
			if value < low*(1-rounding) || value > high*(1+rounding) {
				continue
			}
			t := plot.Tick{Value: value}
			if digit == 1 || few && (digit == 2 || digit == 5) {
				t.Label = strconv.FormatFloat(value, 'g', 5, 64)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// powers are the ticks of an axis of decimal logarithms, with the numbers themselves.
func powers(low, high float64) (ticks []plot.Tick) {
	for _, t := range decades(math.Pow(10, low), math.Pow(10, high)) {
		t.Value = math.Log10(t.Value)
		ticks = append(ticks, t)
	}
	return ticks
}

// evenly are the ticks of a linear axis: four to eight round numbers.
func evenly(low, high float64) (ticks []plot.Tick) {
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	for _, part := range []float64{0.1, 0.2, 0.5} {
		if (high-low)/(part*step) <= 8 {
			step *= part
			break
		}
	}
	const rounding, most = 1e-9, 12
	first := math.Ceil(low/step - rounding)
	for i := range most { // and not up to high: where step is below the rounding of high it is never reached
		k := first + float64(i)
		if !(k*step <= high+rounding*step) || math.IsInf(k*step, 0) {
			break
		}
		ticks = append(ticks, plot.Tick{Value: k * step, Label: strconv.FormatFloat(roundTo(k*step, step)+0, 'g', 6, 64)})
	}
	return ticks
}

// roundTo takes the rounding of a product out of a multiple of step. It may be −0, which + 0 makes 0.
func roundTo(x, step float64) float64 {
	place := math.Pow(10, 2-math.Floor(math.Log10(step)))
	return math.Round(x*place) / place
}
