package report

import (
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/plots"
)

// Series is one line, or one set of points, of a chart. Missing values are NaN.
type Series struct {
	Name string
	// Method is what it is of, "" for a reference; a legend shows and hides all series of a method together.
	Method string
	// Style is the number of its look, that of its method; Reference is the look of a line that is no measurement.
	Style int
	// Line says how it is drawn where two comparisons are laid over each other.
	Line plots.Line
	X, Y []float64
	// Lo and Hi bound the band; nil for none.
	Lo, Hi []float64
	// Text is what the table behind the chart says of each point; nil writes the number Y.
	Text []string
	// Points draws marks without a line.
	Points bool
}

// Reference is the style of reference lines.
const Reference = plots.Reference

// Chart is a chart before it is drawn.
type Chart struct {
	ID, Title, Note string
	XLabel, YLabel  string
	Series          []Series
	// LogFirst shows the logarithmic form at first; NoLog has none.
	LogFirst, NoLog bool
	// Percent keeps the axis of Y within 0 and 100.
	Percent bool
	// Whole keeps the ticks of X to whole numbers.
	Whole bool
	// Long writes the table behind the chart with one row a point, for series that do not share their X.
	Long bool
}

// The size of a drawing, and of the area within its axes, in units of the SVG.
const (
	width, height                      = 440.0, 300.0
	left, right, top, bottom           = 58.0, 428.0, 12.0, 256.0
	padding, ticksWanted, bandsAtMost  = 0.04, 5, 0.6
	marksAtMost, rowsAtMost            = 14, 40
	shortestLogRange, decimalsOfPixels = 1e-12, 2
)

func px(x float64) string { return strconv.FormatFloat(x, 'f', decimalsOfPixels, 64) }

// Plot is a drawn chart in one of its two forms.
type Plot struct {
	Log            bool
	XAxis, YAxis   string // what the script needs to draw ticks anew: from, to, log
	XTicks, YTicks []Tick
	Curves         []Curve
}

// Curve is a drawn series: a band, lines between neighbours that are known, and marks.
type Curve struct {
	Style int
	Line  plots.Line
	Index int      // among the curves of the plot
	Bands []string // polygons
	Lines []string // polylines
	Marks []string // positions, "x y"
	Mark  string   // the shape
}

// draw draws the chart; false when no point of it can be drawn.
func (c *Chart) draw(log bool) (Plot, bool) {
	x, y, ok := c.axes(log)
	if !ok {
		return Plot{}, false
	}
	p := Plot{Log: log, XAxis: x.describe(), YAxis: y.describe(), XTicks: x.ticks(), YTicks: y.ticks()}
	for i, s := range c.Series {
		curve := s.draw(x, y)
		curve.Index, curve.Line = i, s.Line
		p.Curves = append(p.Curves, curve)
	}
	return p, true
}

// axes span the points; false when none can be drawn.
func (c *Chart) axes(log bool) (x, y axis, ok bool) {
	x0, x1, y0, y1 := c.extent(log)
	if x0 > x1 || y0 > y1 {
		return x, y, false
	}
	x, y = newAxis(x0, x1, false, left, right, padding/2), newAxis(y0, y1, log, bottom, top, padding)
	x.whole = c.Whole
	if c.Percent {
		y.from, y.to = max(y.from, 0), min(y.to, 100)
	}
	return x, y, y.from < y.to
}

// extent is the range of the values. Bands widen it by little: two seeds may have an interval of ten times their
// difference.
func (c *Chart) extent(log bool) (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for i := range s.X {
			if !drawable(s.X[i], s.Y[i], log) {
				continue
			}
			x0, x1, y0, y1 = min(x0, s.X[i]), max(x1, s.X[i]), min(y0, s.Y[i]), max(y1, s.Y[i])
			if s.Lo != nil && drawable(s.X[i], s.Lo[i], log) {
				lo = min(lo, s.Lo[i])
			}
			if s.Hi != nil && drawable(s.X[i], s.Hi[i], log) {
				hi = max(hi, s.Hi[i])
			}
		}
	}
	if log {
		return x0, x1, min(y0, max(lo, y0/3)), max(y1, min(hi, 3*y1))
	}
	room := bandsAtMost * max(y1-y0, 0.05*math.Abs(y1))
	return x0, x1, min(y0, max(lo, y0-room)), max(y1, min(hi, y1+room))
}

// drawable tells whether a point has a place; differences of what lies beyond largestDrawn overflow.
func drawable(x, y float64, log bool) bool {
	const largestDrawn = 1e150
	return math.Abs(x) <= largestDrawn && math.Abs(y) <= largestDrawn && (!log || y > 0) // NaN is not
}

func (s *Series) draw(x, y axis) Curve {
	c := Curve{Style: s.Style, Mark: marks[s.Style%styles]}
	var line, upper, lower []string
	flush := func() {
		if len(line) > 1 && !s.Points {
			c.Lines = append(c.Lines, strings.Join(line, " "))
		}
		if len(upper) > 1 {
			for i := len(lower) - 1; i >= 0; i-- {
				upper = append(upper, lower[i])
			}
			c.Bands = append(c.Bands, strings.Join(upper, " "))
		}
		line, upper, lower = nil, nil, nil
	}
	every := 1
	if !s.Points {
		every = (len(s.X) + marksAtMost - 1) / marksAtMost
	}
	for i := range s.X {
		if !drawable(s.X[i], s.Y[i], y.log) {
			flush()
			continue
		}
		line = append(line, px(x.at(s.X[i]))+","+px(y.at(s.Y[i])))
		if s.Style != Reference && (i+s.Style)%every == 0 { // marks of different methods at different places
			c.Marks = append(c.Marks, px(x.at(s.X[i]))+" "+px(y.at(s.Y[i])))
		}
		if s.Lo == nil || !drawable(s.X[i], s.Lo[i], false) || !drawable(s.X[i], s.Hi[i], y.log) {
			continue
		}
		low := bottom
		if drawable(s.X[i], s.Lo[i], y.log) {
			low = min(y.at(s.Lo[i]), 2*bottom)
		}
		upper = append(upper, px(x.at(s.X[i]))+","+px(max(y.at(s.Hi[i]), -bottom)))
		lower = append(lower, px(x.at(s.X[i]))+","+px(low))
	}
	flush()
	return c
}
