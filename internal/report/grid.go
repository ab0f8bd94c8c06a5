package report

import (
	"math"

	"github.com/xsam-go/xsam/compare"
)

// Cell is a cell of a table: a value, and for a difference its test.
type Cell struct {
	Text, Test string
	// Verdict is "higher", "lower", "not distinguishable", "no test" or "".
	Verdict string
	// Good tells whether a significant difference is to the method's favour, Bad whether it is to its disadvantage.
	Good, Bad bool
}

// Grid is a table with row headers.
type Grid struct {
	Caption string
	Columns []string
	Rows    []GridRow
}

// GridRow is a row; Style is the look of its method, -1 for none.
type GridRow struct {
	Head  string
	Style int
	Cells []Cell
}

func plainCell(text string) Cell { return Cell{Text: text} }

// differenceCell writes a difference; higherIsBetter says which direction is good.
func differenceCell(d *compare.Difference, scale float64, higherIsBetter bool) Cell {
	if d == nil {
		return Cell{Text: "–"}
	}
	if d.N == 0 {
		return Cell{Text: "–", Test: "no shared seed"}
	}
	c := Cell{Text: d.Estimate.Scaled(scale).Signed(), Test: d.PText(), Verdict: string(d.Verdict)}
	if math.IsNaN(d.PHolm) {
		c.Test = ""
	}
	significant := d.Verdict == compare.Higher || d.Verdict == compare.Lower
	good := (d.Verdict == compare.Higher) == higherIsBetter
	c.Good, c.Bad = significant && good, significant && !good
	return c
}

// namedGrid is a grid with the name of its scrolling region.
type namedGrid struct {
	Name string
	Grid Grid
}

// Named gives the grid a name for screen readers, for the template.
func (g Grid) Named(name string) any { return namedGrid{name, g} }
