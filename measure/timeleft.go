package measure

import (
	"slices"
	"time"

	"github.com/xsam-go/xsam/runlog"
)

// Progress is what Run tells while it goes on.
type Progress struct {
	Number, Count int    // the how-many-th of how many measurements, from 1
	Weights       string // the state that is measured
	Measure       string
	Products      int           // of this measurement so far
	Share         float64       // of all work that is done, an estimate
	Remaining     time.Duration // an estimate; negative when nothing is known
}

// timeLeft estimates the time left. Its unit is one product.
type timeLeft struct {
	started            time.Time
	number, count      int
	weights, measure   string
	products           int     // of the current measurement
	all, done, skipped float64 // done without the current measurement; skipped took no time
	planned, current   float64 // of the current measurement
}

func (k *timeLeft) enter(weights, measure string, planned float64) {
	k.number++
	k.weights, k.measure, k.planned, k.current, k.products = weights, measure, planned, 0, 0
}

func (k *timeLeft) skip() { k.skipped += k.planned }

func (k *timeLeft) leave() {
	k.done += k.planned
	k.current = 0
}

func (k *timeLeft) progress() Progress {
	done := k.done + min(k.current, 0.95*k.planned) // a plan is an estimate
	p := Progress{
		Number: k.number, Count: k.count, Weights: k.weights, Measure: k.measure, Products: k.products,
		Share: min(1, done/k.all), Remaining: -1,
	}
	if elapsed := time.Since(k.started); done > k.skipped && elapsed >= time.Second {
		p.Remaining = max(0, time.Duration(float64(elapsed)*(k.all-done)/(done-k.skipped)))
	}
	return p
}

// planWork adds up the work for a number of states.
func (w *measurer) planWork(states int) {
	all := 0.0
	for i, measure := range w.m.Measures {
		all += w.m.work(measure, w.findsEigenpairs(w.m.Measures[:i]))
	}
	w.timeLeft = timeLeft{started: time.Now(), count: states * len(w.m.Measures), all: float64(states) * all}
}

// findsEigenpairs tells whether one of the measures leaves the top eigenpairs for the next.
func (w *measurer) findsEigenpairs(measures []string) bool {
	return slices.ContainsFunc(measures, func(name string) bool {
		return name == runlog.MeasureSpectrum || name == runlog.MeasureAngle || name == runlog.MeasureLandscape &&
			w.m.Landscape == "eigenvectors"
	})
}

// skipState passes over a state that was measured under another name.
func (w *measurer) skipState() {
	for i, measure := range w.m.Measures {
		w.timeLeft.enter(w.state.Name, measure, w.m.work(measure, w.findsEigenpairs(w.m.Measures[:i])))
		w.timeLeft.skip()
		w.timeLeft.leave()
	}
}

// tell adds to the work of this measurement and reports progress.
func (w *measurer) tell(products float64) {
	w.timeLeft.current += products
	if w.m.Progress != nil {
		w.m.Progress(w.timeLeft.progress())
	}
}

// work is about how many products the time of a measure is worth: for the time left.
func (m Options) work(measure string, eigenpairs bool) float64 {
	search := 8*float64(m.Top) + 20
	if eigenpairs { // they are there
		search = 1
	}
	switch measure {
	case runlog.MeasureSpectrum, runlog.MeasureAngle:
		return search
	case runlog.MeasureTrace, runlog.MeasureFrobenius:
		return float64(m.Probes)
	case runlog.MeasureDensity:
		return float64(m.DensitySteps * m.DensityProbes)
	case runlog.MeasureSharpness:
		return 8
	case runlog.MeasureLayers:
		return 150
	}
	points := float64(m.Grid * m.Grid)
	switch m.Landscape {
	case "line":
		points = float64(m.Grid)
	case "eigenvectors":
		return search + lossWork*points
	}
	return lossWork * points
}

// lossWork is what one evaluation of the loss is worth in products.
const lossWork = 0.15
