package report

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// quantity is what methods are compared by on the first screen.
type quantity struct {
	id, title      string
	scale          float64
	higherIsBetter bool
	difference     func(*compare.Row) *compare.Difference
}

// quantities are the outcome, a metric of the user's own, and λmax.
func quantities(t *compare.Table) []quantity {
	o := t.Outcome()
	all := []quantity{{"outcome", o.DifferenceTitle(t.Baseline), o.Scale, o.HigherIsBetter, o.Difference}}
	all[0].title = o.Name() + ": difference " + all[0].title
	if t.Metric != "" {
		all = append(all, quantity{"metric", fmt.Sprintf("%s %s: difference from %s", t.Held(), t.Metric, t.Baseline), 1,
			t.Better == runlog.MetricHigher, func(r *compare.Row) *compare.Difference { return r.MetricDifference }})
	}
	return append(all, quantity{"lambda", "λmax: difference from " + t.Baseline, 1, false,
		func(r *compare.Row) *compare.Difference { return r.LambdaDifference }})
}

// Forest is a forest plot: the differences of the methods from the baseline in a quantity, with their intervals.
type Forest struct {
	ID, Title, Better string
	Ticks             []Tick
	Zero              string // where no difference is
	Rows              []ForestRow
	axis              axis
}

// ForestRow is a method. Places are those of the SVG.
type ForestRow struct {
	Head  string
	Style int
	Line  plots.Line
	Cell  Cell // the difference in words
	// At is the place of the mean, From and To are the ends of the interval; "" where there is none.
	At, From, To string
	// Below and Above say that an end lies outside.
	Below, Above bool
	// NotLearnt says how many of its runs have not learnt, "" for none.
	NotLearnt string
	// Found tells whether the difference is distinguishable.
	Found bool

	baseline   string
	difference *compare.Difference
	interval   plots.Interval
}

// The size of a row of a forest plot, in units of its SVG, and the room at the ends of its axis.
const (
	forestWidth = 240.0
	forestRoom  = 0.06
)

// forests are the forest plots of a comparison, without those that have no difference.
func (c *Comparison) forests(t *compare.Table) (all []Forest) {
	if t.Baseline == "" {
		return nil
	}
	for _, q := range quantities(t) {
		f := Forest{ID: q.id, Title: q.title, Better: "lower is better"}
		if q.higherIsBetter {
			f.Better = "higher is better"
		}
		for i := range t.Rows {
			if d := q.difference(&t.Rows[i]); d != nil && d.N > 0 {
				row := c.forestRow(t.Rows[i].Method, d, q)
				row.baseline = t.Baseline
				if n := t.Rows[i].NotLearnt; n > 0 {
					row.NotLearnt = fmt.Sprintf("%d of %s not learnt", n, count(t.Rows[i].N, "run"))
				}
				f.Rows = append(f.Rows, row)
			}
		}
		if f.place() {
			all = append(all, f)
		}
	}
	return all
}

func (c *Comparison) forestRow(method string, d *compare.Difference, q quantity) ForestRow {
	e := d.Estimate.Scaled(q.scale)
	row := ForestRow{Head: method, Style: c.style(method), difference: d,
		Cell:  differenceCell(d, q.scale, q.higherIsBetter),
		Found: d.Verdict == compare.Higher || d.Verdict == compare.Lower}
	row.interval = plots.Interval{Name: method, Style: row.Style, Mean: e.Mean, Lo: e.Mean - e.HalfWidth,
		Hi: e.Mean + e.HalfWidth, Solid: row.Found}
	return row
}

// place puts the rows on an axis that they share; false when there is nothing to put there.
func (f *Forest) place() bool {
	reach, narrowest := 0.0, math.Inf(1)
	for _, r := range f.Rows {
		reach = max(reach, math.Abs(r.interval.Mean))
		if half := r.interval.Hi - r.interval.Mean; half > 0 {
			narrowest = min(narrowest, half)
		}
	}
	// The interval of two seeds may be ten times as wide as all differences: what lies far outside is cut off.
	limit := 3 * max(reach, narrowest)
	if math.IsInf(limit, 1) {
		limit = 3 * reach
	}
	lo, hi := 0.0, 0.0
	for _, r := range f.Rows {
		for _, x := range []float64{r.interval.Mean, r.interval.Lo, r.interval.Hi} {
			if drawable(x, 0, false) {
				lo, hi = min(lo, max(x, -limit)), max(hi, min(x, limit))
			}
		}
	}
	if len(f.Rows) == 0 || !(limit < 1e150) {
		return false
	}
	x := newAxis(lo, hi, false, 0, forestWidth, forestRoom)
	f.axis, f.Ticks, f.Zero = x, x.ticks(), px(x.at(0))
	for i := range f.Rows {
		f.Rows[i].place(x)
	}
	return true
}

func (r *ForestRow) place(x axis) {
	if !drawable(r.interval.Mean, 0, false) {
		return
	}
	r.At = px(x.at(r.interval.Mean))
	if lo, hi := r.interval.Lo, r.interval.Hi; !math.IsNaN(hi - lo) {
		r.Below, r.Above = lo < x.from, hi > x.to
		r.From, r.To = px(x.at(max(lo, x.from))), px(x.at(min(hi, x.to)))
	}
}
