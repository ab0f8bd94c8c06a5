package curvature

import (
	"math"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// edge is an edge of stability at the learning rate of a measurement.
type edge struct {
	key, name string
	value     float64
}

// edgesAt are the edges against which eigenvalues of a measurement are to be held; none where the theory has none.
func edgesAt(m runlog.Measurement) []edge {
	eta, beta := m.LearningRate.Float(), m.Momentum.Float()
	switch {
	case !(eta > 0) || m.Operator == "gauss-newton" || m.Operator == "fisher":
		return nil
	case m.Operator == "adam":
		const beta1 = 0.9
		return []edge{{"edge_adam", "(2 + 2β₁)/((1 − β₁)η)", curvature.AdamEdge(eta, beta1)}}
	case math.IsNaN(beta):
		return nil
	case beta > 0 && m.Nesterov:
		return []edge{{"edge_nesterov", "(2 + 2β)/((1 + 2β)η)", curvature.NesterovEdge(eta, beta)}}
	case beta > 0:
		return []edge{{"edge", "2/η", curvature.GradientDescentEdge(eta)}, {"edge_momentum", "(2 + 2β)/η",
			curvature.MomentumEdge(eta, beta)}}
	default:
		return []edge{{"edge", "2/η", curvature.GradientDescentEdge(eta)}}
	}
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
			Operator: "hessian", Epoch: r.Epoch, Momentum: runlog.Num(run.recipe.Momentum), Nesterov: run.recipe.Nesterov,
			LearningRate: runlog.Num(run.recipe.LearningRateAt(int(r.Step), steps)),
		})
	}
	return curves
}
