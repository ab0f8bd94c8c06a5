package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xsam-go/xsam/plots"
)

// figure is a drawn chart with its legend and the table behind it.
type figure struct {
	ID, Title, Note string
	XLabel, YLabel  string
	// Plots holds the linear form, and the logarithmic one where there is one.
	Plots            []Plot
	Toggle, LogFirst bool
	Legend           []legend
	// Summary says in words what the chart shows, for those who do not see it.
	Summary string
	Columns []string
	Rows    []figureRow
	Files   links
	Thinned bool
}

// legend is an entry of a legend: the mark and the line of a style.
type legend struct {
	Name, Method string
	Style, Index int
	Line         plots.Line
	Mark         string
	Points       bool // no line
	Reference    bool // no mark
	Toggle       bool // whether page.css can hide it
}

// togglesAtMost is the number of series of a figure for which page.css has a rule.
const togglesAtMost = 24

// figureRow is a row of the table behind a chart. X is its place on the axis, for the script.
type figureRow struct {
	X, Head string
	Cells   []string
}

// draw draws the charts that have data.
func draw(prefix string, charts []Chart, files func(string) links) (figures []figure) {
	for _, c := range charts {
		f := figure{ID: prefix + "-" + c.ID, Title: c.Title, Note: c.Note, XLabel: c.XLabel, YLabel: c.YLabel,
			LogFirst: c.LogFirst}
		if p, ok := c.draw(false); ok {
			f.Plots = append(f.Plots, p)
		}
		if !c.NoLog {
			if p, ok := c.draw(true); ok {
				f.Plots = append(f.Plots, p)
			}
		}
		if len(f.Plots) == 0 {
			continue
		}
		f.Files = files(c.ID)
		f.Toggle = len(f.Plots) == 2
		f.LogFirst = f.LogFirst && f.Toggle
		for i, s := range c.Series {
			f.Legend = append(f.Legend, legend{s.Name, s.Method, s.Style, i, s.Line, marks[s.Style%styles], s.Points,
				s.Style == Reference, i < togglesAtMost})
		}
		f.Summary = c.summary()
		if c.Long {
			c.longTable(&f)
		} else {
			c.wideTable(&f)
		}
		figures = append(figures, f)
	}
	return figures
}

// summary names the last point of each series.
func (c *Chart) summary() string {
	var parts []string
	for _, s := range c.Series {
		last := len(s.X) - 1
		for last >= 0 && math.IsNaN(s.Y[last]) {
			last--
		}
		switch {
		case last < 0:
		case s.Points && len(s.X) > 1:
			parts = append(parts, fmt.Sprintf("%s: %d points", s.Name, len(s.X)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s at %s %s", s.Name, s.text(last), c.XLabel, short(s.X[last])))
		}
	}
	return c.YLabel + " against " + c.XLabel + ". " + strings.Join(parts, "; ") + "."
}

func (s *Series) text(i int) string {
	if s.Text != nil {
		return s.Text[i]
	}
	return short(s.Y[i])
}

// wideTable has one row for each X and one column for each series.
func (c *Chart) wideTable(f *figure) {
	var xs []float64
	for _, s := range c.Series {
		if s.Style != Reference {
			xs = append(xs, s.X...)
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	f.Columns = []string{c.XLabel}
	for _, s := range c.Series {
		f.Columns = append(f.Columns, s.Name)
	}
	rows := thin(len(xs), rowsAtMost)
	f.Thinned = len(rows) < len(xs)
	for _, i := range rows {
		row := figureRow{X: fmt.Sprint(xs[i]), Head: short(xs[i])}
		for _, s := range c.Series {
			row.Cells = append(row.Cells, s.near(xs[i]))
		}
		f.Rows = append(f.Rows, row)
	}
}

// near is the text at x; a reference line, which has points of its own, is read between them.
func (s *Series) near(x float64) string {
	if at := slices.Index(s.X, x); at >= 0 {
		return s.text(at)
	}
	if s.Style != Reference {
		return "–"
	}
	for i := 1; i < len(s.X); i++ {
		if s.X[i-1] <= x && x <= s.X[i] {
			return short(s.Y[i-1] + (s.Y[i]-s.Y[i-1])*(x-s.X[i-1])/(s.X[i]-s.X[i-1]))
		}
	}
	return "–"
}

// longTable has one row for each point.
func (c *Chart) longTable(f *figure) {
	f.Columns = []string{"method", c.XLabel, c.YLabel}
	for _, s := range c.Series {
		rows := thin(len(s.X), rowsAtMost)
		f.Thinned = f.Thinned || len(rows) < len(s.X)
		for _, i := range rows {
			f.Rows = append(f.Rows, figureRow{X: fmt.Sprint(s.X[i]), Head: s.Name, Cells: []string{short(s.X[i]), s.text(i)}})
		}
	}
}

// thin returns at most the given number of indices below n, evenly spread, with the first and the last.
func thin(n, most int) (indices []int) {
	if n <= most {
		for i := range n {
			indices = append(indices, i)
		}
		return indices
	}
	for k := range most {
		indices = append(indices, k*(n-1)/(most-1))
	}
	return indices
}
