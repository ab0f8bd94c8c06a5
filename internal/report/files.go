package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/plots"
)

// FileFormats are the formats in which every figure can be had: drawings of lines, and the numbers in full.
func FileFormats() []string { return []string{"svg", "pdf", "csv"} }

// File is a figure of a comparison as files.
type File struct {
	// Name is that of the figure, without the ending that the format gives it.
	Name string

	picture plots.Picture
	table   [][]string // of the numbers, with its header
}

// Encode writes the figure in one of the FileFormats.
func (f File) Encode(w io.Writer, format string, size plots.Size) error {
	if format != "csv" {
		if err := plots.Encode(w, f.picture, format, size); err != nil {
			return fmt.Errorf("report: figure %s: %w", f.Name, err)
		}
		return nil
	}
	out := csv.NewWriter(w)
	if err := out.WriteAll(f.table); err != nil {
		return fmt.Errorf("report: figure %s: %w", f.Name, err)
	}
	return nil
}

// Files are all figures of a comparison, or of two that are laid over each other, that have something in them.
func Files(of ...*Comparison) []File {
	switch len(of) {
	case 0:
		return nil
	case 2:
		return newOverlay(of[0], of[1]).files()
	default:
		return of[0].files()
	}
}

func (c *Comparison) files() (files []File) {
	t := c.table("")
	if all := c.forests(t); len(all) > 0 {
		files = append(files, differencesFile(all))
	}
	for _, chart := range c.charts() {
		if f, ok := chart.file(); ok {
			files = append(files, f)
		}
	}
	for _, s := range c.surfaces() {
		files = append(files, s.file())
	}
	if f, ok := c.costFile(t); ok {
		files = append(files, f)
	}
	return files
}

// charts are all charts of the comparison.
func (c *Comparison) charts() []Chart {
	return append(append([]Chart{c.earlyChart()}, c.training()...), c.curvature()...)
}

// fileLink is a figure in a format.
type fileLink struct{ Format, Address string }

// links are those of a figure.
type links []fileLink

// Named gives the links the name of their figure, for the template.
func (l links) Named(title string) any {
	return struct {
		Title string
		Files links
	}{title, l}
}

// files returns what links the figures of a comparison, or of two.
func (o Options) files(of ...*Comparison) func(figure string) links {
	return func(figure string) (all links) {
		if o.File == nil {
			return nil
		}
		for _, format := range FileFormats() {
			if address := o.File(of, figure, format); address != "" {
				all = append(all, fileLink{strings.ToUpper(format), address})
			}
		}
		return all
	}
}

// full writes a number with all its digits, and nothing for one that is not known.
func full(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// The names of the figures that are no charts.
const differencesName, costName = "differences", "cost"

func differencesFile(forests []Forest) File {
	f := File{Name: differencesName, table: [][]string{{"quantity", "method", "baseline", "n", "difference",
		"ci95_holm_low", "ci95_holm_high", "p", "p_holm", "verdict"}}}
	var picture plots.Forest
	for _, forest := range forests {
		quantity, title, _ := strings.Cut(forest.Title, ": ")
		panel := plots.Panel{Title: quantity, X: title, Axis: plots.Axis{From: forest.axis.from, To: forest.axis.to}}
		for _, r := range forest.Rows {
			panel.Rows = append(panel.Rows, r.interval)
			i, d := r.interval, r.difference
			f.table = append(f.table, []string{quantity, r.Head, r.baseline, fmt.Sprint(d.N), full(i.Mean), full(i.Lo),
				full(i.Hi), full(d.P), full(d.PHolm), string(d.Verdict)})
		}
		picture = append(picture, panel)
	}
	f.picture = picture
	return f
}

// file draws the chart in the form that the page shows at first.
func (c *Chart) file() (File, bool) {
	log := c.LogFirst && !c.NoLog
	x, y, ok := c.axes(log)
	if !ok && log {
		log = false
		x, y, ok = c.axes(false)
	}
	picture := plots.Chart{Title: c.Title, X: c.XLabel, Y: c.YLabel, XAxis: plots.Axis{From: x.from, To: x.to},
		YAxis: plots.Axis{From: y.from, To: y.to, Log: log}}
	f := File{Name: c.ID, table: [][]string{{"series", c.XLabel, c.YLabel, "ci95_low", "ci95_high"}}}
	for _, s := range c.Series {
		picture.Series = append(picture.Series, plots.Curve{Name: s.Name, Style: s.Style, X: s.X, Y: s.Y, Lo: s.Lo, Hi: s.Hi,
			Points: s.Points, Line: s.Line})
		for i := range s.X {
			row := []string{s.Name, full(s.X[i]), full(s.Y[i]), "", ""}
			if s.Lo != nil {
				row[3], row[4] = full(s.Lo[i]), full(s.Hi[i])
			}
			f.table = append(f.table, row)
		}
	}
	f.picture = picture
	return f, ok
}

func (s *Surface) file() File {
	l := s.picture.Landscape
	f := File{Name: s.ID, picture: s.picture, table: [][]string{{s.XLabel, s.YLabel, "loss"}}}
	for j, row := range l.Loss {
		for i, loss := range row {
			f.table = append(f.table, []string{full(l.X[i]), full(l.Y[j]), full(loss.Float())})
		}
	}
	return f
}

// costFile is the figure of the times of a step.
func (c *Comparison) costFile(t *compare.Table) (File, bool) {
	f := File{Name: costName, table: [][]string{{"method", "step, ms", "its gradients at SGD's price, ms"}}}
	bars := plots.Bars{Title: "Time of a step", Y: "ms", Part: "its gradients at SGD's price", Rest: "the rest"}
	for _, b := range c.costBars(t) {
		f.table = append(f.table, []string{b.Head, full(b.total), full(b.gradients)})
		bars.Names = append(bars.Names, b.Head)
		bars.Whole, bars.Parts = append(bars.Whole, b.total), append(bars.Parts, b.gradients)
	}
	f.picture = bars
	return f, len(bars.Names) > 0
}
