package experiment

import (
	"slices"
	"time"

	"github.com/xsam-go/xsam/runlog"
)

// work estimates the time left. Its unit is one product.
type work struct {
	started            time.Time
	number, count      int
	weights, measure   string
	products           int     // of the current measurement
	all, done, skipped float64 // done without the current measurement; skipped took no time
	planned, current   float64 // of the current measurement
}

func (k *work) enter(weights, measure string, planned float64) {
	k.number++
	k.weights, k.measure, k.planned, k.current, k.products = weights, measure, planned, 0, 0
}

func (k *work) add(products float64) { k.current += products }

func (k *work) skip() { k.skipped += k.planned }

func (k *work) leave() {
	k.done += k.planned
	k.current = 0
}

func (k *work) progress() MeasureProgress {
	done := k.done + min(k.current, 0.95*k.planned) // a plan is an estimate
	p := MeasureProgress{
		Number: k.number, Count: k.count, Weights: k.weights, Measure: k.measure, Products: k.products, Share: min(1, done/k.all), Remaining: -1,
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
	w.work = work{started: time.Now(), count: states * len(w.m.Measures), all: float64(states) * all}
}

// findsEigenpairs tells whether one of the measures leaves the top eigenpairs for the next.
func (w *measurer) findsEigenpairs(measures []string) bool {
	return slices.ContainsFunc(measures, func(name string) bool {
		return name == runlog.MeasureSpectrum || name == runlog.MeasureAngle || name == runlog.MeasureLandscape && w.m.Landscape == "eigenvectors"
	})
}

// skipState passes over a state that was measured under another name.
func (w *measurer) skipState() {
	for i, measure := range w.m.Measures {
		w.work.enter(w.state.Name, measure, w.m.work(measure, w.findsEigenpairs(w.m.Measures[:i])))
		w.work.skip()
		w.work.leave()
	}
}

// tell adds to the work of this measurement and reports progress.
func (w *measurer) tell(products float64) {
	w.work.add(products)
	if w.m.Progress != nil {
		w.m.Progress(w.work.progress())
	}
}
