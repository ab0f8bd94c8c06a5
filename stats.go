package xsam

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// StepStats is what a step measured. A number that is not known is NaN.
type StepStats struct {
	Step      int64 // the step it belongs to, counted from 0
	Kind      Kind
	Refreshed bool // whether v was estimated anew in this step

	// Loss is that of the step's batch at w. An ascent along the momentum has it at w + ε, and a pair step estimates it:
	// (L₊ + L₋)/2 − r²λ/2.
	Loss     float64
	GradNorm float64 // ‖g_adv‖, of the gradient before the correction
	AlongV   float64 // c = ⟨g_adv, v⟩
	AngleDeg float64 // arccos(c/‖g_adv‖) in degrees, in [0, 180]
	AbsCos   float64 // |c|/‖g_adv‖, in [0, 1]; needs no orientation of v

	// The last refresh, on its own batch. λ < 0 says that a negative eigenvalue dominates and v is not the sharp
	// direction: see Refresh.Shift. Residual is ‖Hv − λv‖/|λ| before v was turned, D3 is dλ/dv.
	Lambda, Residual, D3 float64

	// With MaxLambda: λ smoothed, what ρ and α are multiplied by, and whether that is all there is and λ above the bound
	// all the same. Without, 0 and 1.
	SmoothLambda, Strength float64
	OutOfReach             bool

	// With the bound WhileFalling: whether the running loss has risen, and there is no correction.
	Risen bool

	Gradients int // gradients of the loss that the step took
	Products  int // exact Hessian-vector products (and one third derivative, counted as one) on top
}

// Stats reads what the last step measured from the store. It fails before the first step, and, the first time, where
// the probe radius is so small that λ would be made of rounding alone.
func (o *Optimizer) Stats(store *model.Store) (StepStats, error) {
	h := o.home(store)
	step, err := readState(h, "step")
	if err != nil {
		return StepStats{}, err
	}
	refresh, err := readState(h, "refresh")
	if err != nil {
		return StepStats{}, err
	}
	progress, err := h.progress()
	if err != nil {
		return StepStats{}, err
	}
	p := StepStats{
		Step:     progress[progressSteps] - 1,
		Loss:     step[stepLoss],
		GradNorm: step[stepGradNorm],
		AlongV:   step[stepAlongV],
		Lambda:   refresh[refreshLambda],
		Residual: refresh[refreshResidual],
		D3:       refresh[refreshD3],
	}
	if p.Step < 0 {
		return StepStats{}, fmt.Errorf("xsam: Stats before the first step: none was made: run a step first")
	}
	if err := o.checkRadius(store, p.Step); err != nil {
		return StepStats{}, err
	}
	if p.Refreshed, err = o.refreshed(h, p.Step, progress[progressSince]); err != nil {
		return StepStats{}, err
	}
	if p.SmoothLambda, p.Strength, err = o.limited(h); err != nil {
		return StepStats{}, err
	}
	if p.Risen, err = o.risen(h); err != nil {
		return StepStats{}, err
	}
	p.OutOfReach = p.Strength >= o.config.mostStrength() && p.SmoothLambda > float64(o.config.MaxLambda)
	p.Kind = o.config.kind(p.Step, p.Refreshed)
	p.Gradients, p.Products = o.config.cost(p.Kind, p.Refreshed)
	cos := math.NaN()
	if p.GradNorm > 0 {
		cos = max(-1, min(1, p.AlongV/p.GradNorm))
	}
	p.AngleDeg, p.AbsCos = math.Acos(cos)*180/math.Pi, math.Abs(cos)
	return p, nil
}

// Cost returns what a step costs, counted from step 0: gradients of the loss, and exact Hessian-vector products.
//
//	plain step 1    ascent step 2, along the momentum 1    pair step 2
//	three-point refresh +2    exact refresh +1 and PowerSteps products
//
// The gradient of an exact refresh is that of the model as in evaluation, which its products are derivatives of. With
// Oriented an exact refresh takes two products more, for dλ/dv. With Refresh.Most it is that of refreshes every
// Refresh.Every steps, more of them than there are, and it knows of no change of what is trained; Stats knows what was
// done.
func (c Config) Cost(step int64) (gradients, products int) {
	refresh := c.due(step)
	return c.cost(c.kind(step, refresh), refresh)
}

func (c Config) cost(kind Kind, refresh bool) (gradients, products int) {
	gradients = 2
	if kind == PlainStep || kind == AscentStep && c.Ascent.byMomentum() {
		gradients = 1
	}
	if refresh && c.By == ByThreePoint {
		gradients += 2
	}
	if refresh && c.By == ByExact {
		gradients++
		products = c.PowerSteps
		if c.Form == Oriented {
			products += 2
		}
	}
	return gradients, products
}

func readState(h home, name string) ([]float64, error) {
	v := h.store.GetVariable(h.path(name))
	if v == nil || !v.HasValue() {
		return nil, fmt.Errorf("xsam: no %s on record in this store: run a step with the optimizer first", name)
	}
	value, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("xsam: reading the last %s: %w", name, err)
	}
	return floats(value)
}

// floats reads the numbers of a tensor.
func floats(t *tensors.Tensor) ([]float64, error) {
	if t.DType() == dtypes.Float64 {
		return tensors.CopyFlatData[float64](t)
	}
	narrow, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, fmt.Errorf("xsam: state of shape %s: want float32 or float64: %w", t.Shape(), err)
	}
	wide := make([]float64, len(narrow))
	for i, x := range narrow {
		wide[i] = float64(x)
	}
	return wide, nil
}
