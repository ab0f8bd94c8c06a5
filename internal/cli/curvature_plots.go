package cli

import (
	"math"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// draw writes the pictures of measurements, with what the run recorded of curvature along training.
func (f *curvatureFlags) draw(run measuredRun, list []runlog.Measurement) ([]string, error) {
	d := plots.Data{Title: title(run), Measurements: list}
	for _, r := range run.records {
		if r.Kind == runlog.Curvature {
			d.Along = append(d.Along, r)
		}
	}
	d.Edges = edges(run, list, d.Along)
	return plots.Write(f.plots, d)
}

// edges are the edges of stability at the times of spectra and of records along training.
func edges(run measuredRun, list []runlog.Measurement, along []runlog.Record) (curves []plots.Edge) {
	add := func(m runlog.Measurement) {
		for i, e := range edgesAt(m) {
			if i == len(curves) {
				curves = append(curves, plots.Edge{Name: e.name})
			}
			curves[i].Epochs = append(curves[i].Epochs, m.Epoch.Float())
			curves[i].Values = append(curves[i].Values, e.value)
		}
	}
	of := runlog.Measurement{Operator: "hessian"}
	for _, m := range list {
		if m.Spectrum != nil {
			add(m)
			of = m
		}
	}
	if of.Operator != "hessian" || run.recipe.Optimizer != "sgd" {
		return curves
	}
	for _, r := range along {
		perEpoch := float64(r.Step) / r.Epoch.Float()
		if math.IsNaN(perEpoch) {
			continue
		}
		steps := int(math.Round(perEpoch * float64(run.recipe.Epochs)))
		add(runlog.Measurement{
			Operator: "hessian", Epoch: r.Epoch, Momentum: runlog.Num(run.recipe.Momentum),
			LearningRate: runlog.Num(run.recipe.LearningRateAt(int(r.Step), steps)),
		})
	}
	return curves
}
