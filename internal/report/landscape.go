package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// Surface is the loss over a plane through the weights of one run, drawn in steps of equal height.
type Surface struct {
	ID, Title, XLabel, YLabel string
	Levels                    []Level
	XTicks, YTicks            []Tick
	Path                      string // the way that training took, a polyline; "" when unknown
	// Marks are where the weights are, with a name where they are those of several runs.
	Marks []Mark
	// Rows are the losses for the table behind the drawing, with the coordinates at their heads.
	Columns []string
	Rows    []GridRow
	Lowest  string
	Highest string
	Files   links

	picture plots.Surface
}

// Mark is a point of a surface.
type Mark struct{ At, Name string }

// Level is one step of height: the cells of the plane that lie in it, and their shade from 0 (lowest) to shades − 1.
type Level struct {
	Shade int
	Cells string
	Text  string
}

// shades is the number of steps, each of which has a colour in page.css: dark is low, light is high.
const shades = 10

// plane is a measured plane with the run that it belongs to.
type plane struct {
	key, title string
	*runlog.Landscape
}

// surfaces draws the newest plane of each pair of directions of each method, one run a method. Planes over the same
// directions share axes and the heights of their levels, so that they compare.
func (c *Comparison) surfaces() (all []Surface) {
	var planes []plane
	for _, m := range c.Methods() {
		seen := map[string]bool{}
		for _, r := range c.of(m) {
			for _, l := range slices.Backward(r.Measurements) {
				if l.Measure != runlog.MeasureLandscape || l.Landscape == nil || !isPlane(l.Landscape) {
					continue
				}
				if key := strings.Join(l.Landscape.Directions, " × "); !seen[key] {
					seen[key] = true
					of := m
					if len(l.Landscape.Runs) > 0 {
						of = "Plane through the last weights"
					}
					planes = append(planes, plane{key, fmt.Sprintf("%s, seed %d: %s loss", of, r.Summary.Seed, l.Split), l.Landscape})
				}
			}
		}
	}
	for _, p := range planes {
		var alike []*runlog.Landscape
		for _, other := range planes {
			if other.key == p.key {
				alike = append(alike, other.Landscape)
			}
		}
		if frame := plots.NewFrame(alike...); frame.Validate() == nil {
			s := newSurface(plots.Surface{Title: p.title, Landscape: *p.Landscape, Frame: frame})
			s.ID, s.Title = fmt.Sprintf("surface-%d", len(all)+1), p.title
			all = append(all, s)
		}
	}
	return all
}

// isPlane tells whether the losses are those of a grid of two directions.
func isPlane(l *runlog.Landscape) bool {
	return len(l.X) >= 2 && len(l.Y) >= 2 && len(l.Loss) == len(l.Y) && len(l.Directions) >= 2 &&
		!slices.ContainsFunc(l.Loss, func(row []runlog.Number) bool { return len(row) != len(l.X) })
}

func newSurface(picture plots.Surface) Surface {
	l, f := picture.Landscape, picture.Frame
	x, y := newAxis(f.XFrom, f.XTo, false, left, right, 0), newAxis(f.YFrom, f.YTo, false, bottom, top, 0)
	s := Surface{XLabel: l.Directions[0], YLabel: l.Directions[1], XTicks: x.ticks(), YTicks: y.ticks(),
		Lowest: short(f.Low), Highest: short(f.High), picture: picture}
	s.fill(x, y)
	places := l.Runs
	if len(places) == 0 {
		places = []runlog.Place{{}}
	}
	for _, p := range places {
		s.Marks = append(s.Marks, Mark{At: px(x.at(p.At[0])) + " " + px(y.at(p.At[1])), Name: p.Name})
	}
	var path []string
	for _, p := range l.Path {
		path = append(path, px(x.at(p[0]))+","+px(y.at(p[1])))
	}
	s.Path = strings.Join(path, " ")
	s.table(&l)
	return s
}

// fill collects the cells of each level. The steps are equal in height.
func (s *Surface) fill(x, y axis) {
	l, f := s.picture.Landscape, s.picture.Frame
	cells := make([]strings.Builder, shades)
	const over = 0.3 // so that no seam shows between cells
	w, h := x.at(l.X[1])-x.at(l.X[0]), y.at(l.Y[0])-y.at(l.Y[1])
	for j, row := range l.Loss {
		for i, v := range row {
			if !v.Known() {
				continue
			}
			shade := max(0, min(shades-1, int(shades*f.Height(v.Float()))))
			fmt.Fprintf(&cells[shade], "M%.1f %.1fh%.1fv%.1fh-%.1fz", x.at(l.X[i])-w/2, y.at(l.Y[j])-h/2, w+over, h+over,
				w+over)
		}
	}
	height := func(k int) string { return short(f.Loss(float64(k) / shades)) }
	for k := range cells {
		if cells[k].Len() > 0 {
			s.Levels = append(s.Levels, Level{k, cells[k].String(), height(k) + " to " + height(k+1)})
		}
	}
}

// table thins the plane to at most 9 by 9 points.
func (s *Surface) table(l *runlog.Landscape) {
	everyX, everyY := (len(l.X)+8)/9, (len(l.Y)+8)/9
	for i := 0; i < len(l.X); i += everyX {
		s.Columns = append(s.Columns, short(l.X[i]))
	}
	for j := 0; j < len(l.Y); j += everyY {
		row := GridRow{Head: short(l.Y[j]), Style: -1}
		for i := 0; i < len(l.X); i += everyX {
			row.Cells = append(row.Cells, plainCell(short(l.Loss[j][i].Float())))
		}
		s.Rows = append(s.Rows, row)
	}
}
