package report

import (
	"fmt"
	"math"

	"github.com/xsam-go/xsam/compare"
)

// cost is the table of what a step costs, over the finished runs:
//
//	step time = gradients per step × SGD's time of a step + the rest
//
// The rest is what a method adds beside gradients, perturbing and correcting, and what its gradients cost less or
// more than SGD's step, which holds the update too.
func (c *Comparison) cost(t *compare.Table) Grid {
	g := Grid{
		Caption: "Time of a step is the median of each kind of step, weighted with how often it occurs, compilation " +
			"left out. Gradients are priced at the mean step of SGD; " +
			"the rest is what perturbing and correcting add. Beside the steps a run compiles, evaluates, saves and " +
			"measures λmax.",
		Columns: []string{"gradients per step", "step, ms", "× SGD", "its gradients, ms", "the rest, ms", "whole run, s",
			"beside the steps, s"},
	}
	sgd := rowOf(t, find(c.Methods(), "sgd"))
	for _, r := range t.Rows {
		gradients, rest := math.NaN(), math.NaN()
		if sgd != nil {
			gradients = r.GradientsPerStep.Mean * 1000 * sgd.StepSeconds.Mean
			rest = 1000*r.StepSeconds.Mean - gradients
		}
		var wall, beside []float64
		for _, run := range c.of(r.Method) {
			if s := run.Summary; s.Finished {
				wall = append(wall, s.WallSeconds.Float())
				beside = append(beside, s.WallSeconds.Float()-s.StepSecondsMedian.Float()*float64(s.Steps))
			}
		}
		g.Rows = append(g.Rows, GridRow{Head: r.Method, Style: c.style(r.Method), Cells: []Cell{
			plainCell(short(r.GradientsPerStep.Mean)), plainCell(r.StepSeconds.Scaled(1000).String()),
			plainCell(r.StepCost.String()),
			plainCell(short(gradients)), plainCell(short(rest)),
			plainCell(compare.NewEstimate(wall).String()), plainCell(compare.NewEstimate(beside).String()),
		}})
	}
	return g
}

// costBars are the step times of the cost table as bars of two parts, in shares of the longest bar.
func (c *Comparison) costBars(t *compare.Table) (bars []Bar) {
	sgd := rowOf(t, find(c.Methods(), "sgd"))
	longest := 0.0
	for _, r := range t.Rows {
		if ms := 1000 * r.StepSeconds.Mean; ms > longest {
			longest = ms
		}
	}
	for _, r := range t.Rows {
		total := 1000 * r.StepSeconds.Mean
		if !(total > 0) {
			continue
		}
		b := Bar{Head: r.Method, Style: c.style(r.Method), Text: short(total) + " ms", Width: share(total, longest),
			total: total, gradients: math.NaN()}
		if sgd != nil {
			b.gradients = min(total, r.GradientsPerStep.Mean*1000*sgd.StepSeconds.Mean)
			b.Part = share(b.gradients, longest)
		}
		bars = append(bars, b)
	}
	return bars
}

// Bar is a horizontal bar; Width and Part are percentages of the longest one, Part the darker piece at its start.
type Bar struct {
	Head, Text  string
	Style       int
	Width, Part string

	total, gradients float64 // in milliseconds
}

func share(x, of float64) string {
	if !(x > 0 && of > 0) {
		return "0"
	}
	return fmt.Sprintf("%.1f", 100*x/of)
}
