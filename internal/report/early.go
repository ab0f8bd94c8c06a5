package report

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// earlyEpochs is the number of first epochs, of the longest run.
func (c *Comparison) earlyEpochs() (most int) {
	for _, r := range c.Runs {
		most = max(most, compare.EarlyEpochs(r.Setup.Epochs))
	}
	return most
}

// early is the table of the first epochs: does the training loss fall faster than the baseline's?
func (c *Comparison) early(baseline string) Grid {
	losses := map[string]map[int64]float64{} // by method and seed
	for _, m := range c.Methods() {
		losses[m] = map[int64]float64{}
	}
	counted := compare.Counted(runlog.Summaries(c.Runs))
	for i, r := range c.Runs {
		if loss := compare.EarlyLoss(r); !math.IsNaN(loss) && counted[i] {
			losses[r.Summary.Method][r.Summary.Seed] = loss
		}
	}
	var differences map[string]*compare.Difference
	if len(losses[baseline]) > 0 {
		differences = compare.Differences(losses, baseline)
	}
	g := Grid{Columns: []string{"mean training loss"}}
	g.Caption = fmt.Sprintf("Training loss averaged over the first tenth of the epochs, two at least, here %d, "+
		"of the runs that have got through them.", c.earlyEpochs())
	if baseline != "" {
		g.Columns = append(g.Columns, "from "+baseline)
		g.Caption += " Differences are paired by seed; p of a paired t-test with Holm's correction over the methods."
	}
	for _, m := range c.Methods() {
		var values []float64
		for _, seed := range slices.Sorted(maps.Keys(losses[m])) { // so that sums are the same every time
			values = append(values, losses[m][seed])
		}
		row := GridRow{Head: m, Style: c.style(m), Cells: []Cell{plainCell(compare.NewEstimate(values).String())}}
		if baseline != "" {
			row.Cells = append(row.Cells, differenceCell(differences[m], 1, false))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// earlyChart shows the training loss of the first epochs.
func (c *Comparison) earlyChart() Chart {
	epochs := c.earlyEpochs()
	first := func(r *runlog.Run) []point {
		return slices.DeleteFunc(train(loss)(r), func(p point) bool { return !(p.x <= float64(epochs)) })
	}
	return Chart{
		ID: "early-loss", Title: fmt.Sprintf("Training loss, first %d epochs", epochs), XLabel: "epoch", Whole: true,
		YLabel: "mean loss over the epoch's batches", Series: c.bands(first, false),
	}
}
