package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

// Early is the panel of the first epochs: does the training loss fall faster?
type Early struct {
	// Epochs is the number of the first epochs, Baseline the method that is compared with.
	Epochs   int
	Baseline string
	Rows     []EarlyRow
}

// EarlyRow is one method: the mean over seeds of the training loss averaged over the first epochs.
type EarlyRow struct {
	Method string
	Loss   compare.Estimate
	// Difference is from the baseline, paired by seed, nil in the baseline's own row and without a baseline.
	Difference *compare.Difference
}

// earlyEpochs is the number of epochs that count as the first ones: a fifth of them, at least 3 and at most 10.
func (c *Comparison) earlyEpochs() int {
	most := 0
	for _, r := range c.Runs {
		most = max(most, r.Config.Epochs)
	}
	return min(max(3, min(10, most/5)), most)
}

// early compares the methods with a baseline.
func (c *Comparison) early(baseline string) Early {
	e := Early{Epochs: c.earlyEpochs(), Baseline: baseline}
	bySeed := func(method string) map[int64]float64 {
		losses := map[int64]float64{}
		for _, r := range c.of(method) {
			if mean := r.meanLoss(e.Epochs); !math.IsNaN(mean) {
				losses[r.Summary.Seed] = mean
			}
		}
		return losses
	}
	base := bySeed(baseline)
	var p []float64
	var tested []*compare.Difference
	for _, m := range c.Methods() {
		losses := bySeed(m)
		row := EarlyRow{Method: m, Loss: compare.NewEstimate(values(losses))}
		if m != baseline && len(base) > 0 {
			differences := map[int64]float64{}
			for seed, loss := range losses {
				if b, ok := base[seed]; ok {
					differences[seed] = loss - b
				}
			}
			d := compare.PairedTest(values(differences))
			row.Difference = &d
			p, tested = append(p, d.P), append(tested, &d)
		}
		e.Rows = append(e.Rows, row)
	}
	for i, corrected := range compare.Holm(p) {
		if d := tested[i]; d.Verdict != compare.NoTest {
			d.PHolm = corrected
			if !(corrected < compare.Level) {
				d.Verdict = compare.NotDistinguishable
			}
		}
	}
	return e
}

// values are those of a map, by seed, so that sums are the same every time.
func values(bySeed map[int64]float64) []float64 {
	var seeds []int64
	for s := range bySeed {
		seeds = append(seeds, s)
	}
	slices.Sort(seeds)
	var v []float64
	for _, s := range seeds {
		v = append(v, bySeed[s])
	}
	return v
}

// meanLoss is the training loss averaged over the steps of the first epochs; NaN for a run that has not got through them.
func (r Run) meanLoss(epochs int) float64 {
	sum, steps, last, epoch := 0.0, int64(0), int64(0), 0.0
	for _, rec := range r.Records {
		if rec.Kind != runlog.Train || !(rec.Epoch.Float() <= float64(epochs)) {
			continue
		}
		n := rec.Step - last
		sum, steps, last, epoch = sum+float64(n)*rec.Loss.Float(), steps+n, rec.Step, rec.Epoch.Float()
	}
	if epoch < float64(epochs) || steps == 0 {
		return math.NaN()
	}
	return sum / float64(steps)
}

// chart shows the training loss of the first epochs.
func (e Early) chart(c *Comparison) Chart {
	first := func(r Run) (points []point) {
		for _, p := range train(loss)(r) {
			if p.x <= float64(e.Epochs) {
				points = append(points, p)
			}
		}
		return points
	}
	return Chart{ID: "early-loss", Title: fmt.Sprintf("Training loss, first %d epochs", e.Epochs), XLabel: "epoch", Whole: true, YLabel: "mean loss over the epoch's batches",
		Series: c.bands(first, false)}
}
