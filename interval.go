package xsam

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// With Refresh.Most the interval between refreshes is measured as training goes on. A refresh leaves behind, in the
// store,
//
//	last    its step
//	every   the interval to the next: doubled where v and λ have moved by Refresh.Tolerance at most, else halved
//
// and the host, which chooses the kind of each step, reads them when it needs to know the next one.

// Entries of the variable, all int64.
const (
	intervalLast = iota
	intervalEvery
	intervalEntries
)

func openInterval(h home, c Config) *model.Variable {
	v := h.store.GetVariable(h.path("interval"))
	if v == nil {
		v = h.store.VariableWithValue(h.path("interval"), firstInterval(c))
	}
	return v.SetTrainable(false)
}

// firstInterval is what there is before the first refresh.
func firstInterval(c Config) *tensors.Tensor {
	initial := make([]int64, intervalEntries)
	initial[intervalLast], initial[intervalEvery] = -1, int64(c.Refresh.Every)
	return tensors.FromFlatDataAndDimensions(initial, intervalEntries)
}

// adaptInterval writes the interval that follows this refresh. The residual is the tangent of the angle between v and
// Hv. With ByExact λ and the residual are those of the last product.
func (s *step) adaptInterval(e *estimate) {
	if s.config.Refresh.Most == 0 {
		return
	}
	v := openInterval(s.home, s.config)
	every := graph.Reshape(graph.Slice(v.NodeValue(s.g), graph.AxisElem(intervalEvery)))
	moved := graph.Div(graph.Abs(graph.Sub(e.lambda, s.state.lambda())), graph.Abs(e.lambda)) // NaN in the first refresh
	tolerance := graph.Scalar(s.g, moved.DType(), s.config.Refresh.Tolerance)
	calm := graph.And(graph.LessOrEqual(e.residual, tolerance), graph.LessOrEqual(moved, tolerance))
	least, most := graph.Scalar(s.g, dtypes.Int64, s.config.Refresh.Every), graph.Scalar(s.g, dtypes.Int64,
		s.config.Refresh.Most)
	next := graph.Where(calm, graph.Min(graph.MulScalar(every, 2), most), graph.Max(graph.DivScalar(every, 2), least))
	now := graph.ConvertDType(s.now(), dtypes.Int64)
	warm := graph.LessThan(s.sinceBegin(), graph.Scalar(s.g, dtypes.Int64, s.config.Refresh.Warmup-1))
	v.SetNodeValue(graph.Stack([]*graph.Node{now, graph.Where(warm, least, next)}, 0))
}

// interval reads last and every; ok is false before the first step.
func (h home) interval() (last, every int64, ok bool, err error) {
	v := h.store.GetVariable(h.path("interval"))
	if v == nil || !v.HasValue() {
		return 0, 0, false, nil
	}
	value, err := v.Value()
	if err != nil {
		return 0, 0, false, fmt.Errorf("xsam: reading the interval between refreshes: %w", err)
	}
	entries, err := tensors.CopyFlatData[int64](value)
	if err != nil {
		return 0, 0, false, fmt.Errorf("xsam: reading the interval between refreshes: %w", err)
	}
	return entries[intervalLast], entries[intervalEvery], entries[intervalLast] >= 0, nil
}

// due tells whether v is refreshed in a step, which must be the next one where the interval is adapted. since is the
// step at which the warm-up begins.
func (o *Optimizer) due(h home, step, since int64) (bool, error) {
	c := o.config
	if c.Refresh.Most == 0 || !c.active(step) || step < c.begins(since)+int64(c.Refresh.Warmup) {
		return o.config.dueSince(step, since), nil
	}
	last, every, ok, err := h.interval()
	if err != nil || !ok {
		return err == nil && o.config.dueSince(step, since), err
	}
	return step >= last+every, nil
}

// refreshed tells whether v was refreshed in a step, which must be the last one where the interval is adapted.
func (o *Optimizer) refreshed(h home, step, since int64) (bool, error) {
	if o.config.Refresh.Most == 0 {
		return o.config.dueSince(step, since), nil
	}
	last, _, ok, err := h.interval()
	return ok && last == step, err
}
