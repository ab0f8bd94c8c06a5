package experiment

import (
	"math"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// sums are what a run adds up on the host. They are saved with every checkpoint, so that a resumed run writes the same
// records as one that was never interrupted.
type sums struct {
	// Means since the last train record: over steps, and for Lambda and Residual over refreshes.
	Loss, GradNorm, Angle, AbsCos, Lambda, Residual mean
	// Strength and SmoothLambda are such means under a bound on λ.
	Strength, SmoothLambda mean
	// Risen is the share of the steps in which the loss had risen, where the correction asks.
	Risen mean
	// RisenSteps is the number of such steps since step 0.
	RisenSteps int `json:",omitzero"`
	// Window are the times of the steps since the last train record, All those of the run.
	Window, All program.StepTimes
	// Gradients is the number of gradient evaluations since step 0.
	Gradients float64
	// Train, Validation and Test are the newest evaluations.
	Train, Validation, Test program.Evaluation
	// Undone is the number of updates that were undone, UndoneAt the step of the last time, InRow how often in a row.
	Undone   int `json:",omitzero"`
	UndoneAt int `json:",omitzero"`
	InRow    int `json:",omitzero"`
	// Wall is the time in seconds that the run had taken when the sums were saved, Curvature that of measurements along
	// training.
	Wall      float64
	Curvature float64 `json:",omitzero"`
	// Records is the checksum of the last record before the sums were saved, "" where it has none.
	Records string `json:",omitzero"`
}

// add takes in one step. seconds is NaN for a step whose time means nothing.
func (t *sums) add(p xsam.StepStats, seconds float64) {
	t.Loss.add(p.Loss)
	t.GradNorm.add(p.GradNorm)
	t.Angle.add(p.AngleDeg)
	t.AbsCos.add(p.AbsCos)
	if p.Refreshed {
		t.Lambda.add(p.Lambda)
		t.Residual.add(p.Residual)
	}
	if p.SmoothLambda > 0 {
		t.Strength.add(p.Strength)
		t.SmoothLambda.add(p.SmoothLambda)
	}
	if p.Risen {
		t.Risen.add(1)
		t.RisenSteps++
	} else {
		t.Risen.add(0)
	}
	t.Gradients += float64(p.Gradients + recipe.GradientsPerProduct*p.Products)
	t.Window.Add(program.KindOf(p), seconds)
	t.All.Add(program.KindOf(p), seconds)
}

// record returns the means since the last one and starts anew.
func (t *sums) record(step int64, epoch float64) runlog.Record {
	r := runlog.Record{
		Kind: runlog.Train, Step: step, Epoch: runlog.Num(epoch), Loss: t.Loss.number(), LambdaMax: t.Lambda.number(),
		LambdaResidual: t.Residual.number(), AngleDeg: t.Angle.number(), AbsCos: t.AbsCos.number(),
		GradNorm: t.GradNorm.number(), SmoothLambda: t.SmoothLambda.number(), Strength: t.Strength.number(),
		Risen:       t.Risen.share(),
		StepSeconds: runlog.Num(t.Window.Median()), GradientEvaluations: runlog.Num(t.Gradients),
	}
	t.Loss, t.GradNorm, t.Angle, t.AbsCos, t.Lambda, t.Residual = mean{}, mean{}, mean{}, mean{}, mean{}, mean{}
	t.Strength, t.SmoothLambda, t.Risen, t.Window = mean{}, mean{}, mean{}, program.StepTimes{}
	return r
}

// mean adds up finite numbers; others are not known and do not count.
type mean struct {
	Sum float64
	N   int
}

func (m *mean) add(x float64) {
	if !math.IsNaN(x) && !math.IsInf(x, 0) {
		m.Sum += x
		m.N++
	}
}

func (m mean) number() runlog.Number {
	if m.N == 0 {
		return runlog.Number{}
	}
	return runlog.Num(m.Sum / float64(m.N))
}

// share is number, but not known where it is 0.
func (m mean) share() runlog.Number {
	if m.Sum == 0 {
		return runlog.Number{}
	}
	return m.number()
}
