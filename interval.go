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

func openInterval(store *model.Store, c Config) *model.Variable {
	path := model.JoinPath(Scope, "interval")
	v := store.GetVariable(path)
	if v == nil {
		initial := make([]int64, intervalEntries)
		initial[intervalLast], initial[intervalEvery] = -1, int64(c.Refresh.Every)
		v = store.VariableWithValue(path, tensors.FromFlatDataAndDimensions(initial, intervalEntries))
	}
	return v.SetTrainable(false)
}

// adaptInterval writes the interval that follows this refresh. The residual is the tangent of the angle between v and
// Hv; with ByExact those of the last product.
func (s *step) adaptInterval(e *estimate) {
	if s.config.Refresh.Most == 0 {
		return
	}
	v := openInterval(s.scope.Store(), s.config)
	every := graph.Reshape(graph.Slice(v.NodeValue(s.g), graph.AxisElem(intervalEvery)))
	moved := graph.Div(graph.Abs(graph.Sub(e.lambda, s.state.lambda())), graph.Abs(e.lambda)) // NaN in the first refresh
	tolerance := graph.Scalar(s.g, moved.DType(), s.config.Refresh.Tolerance)
	calm := graph.And(graph.LessOrEqual(e.residual, tolerance), graph.LessOrEqual(moved, tolerance))
	least, most := graph.Scalar(s.g, dtypes.Int64, s.config.Refresh.Every), graph.Scalar(s.g, dtypes.Int64,
		s.config.Refresh.Most)
	next := graph.Where(calm, graph.Min(graph.MulScalar(every, 2), most), graph.Max(graph.DivScalar(every, 2), least))
	now := graph.ConvertDType(s.now(), dtypes.Int64)
	warm := graph.LessThan(now, graph.Scalar(s.g, dtypes.Int64, s.config.Refresh.Warmup-1))
	v.SetNodeValue(graph.Stack([]*graph.Node{now, graph.Where(warm, least, next)}, 0))
}

// interval reads last and every; ok is false before the first step.
func (o *Optimizer) interval(store *model.Store) (last, every int64, ok bool, err error) {
	v := store.GetVariable(model.JoinPath(Scope, "interval"))
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

// due tells whether v is refreshed in a step, which must be the next one where the interval is adapted.
func (o *Optimizer) due(store *model.Store, step int64) (bool, error) {
	if o.config.Refresh.Most == 0 || step < int64(o.config.Refresh.Warmup) {
		return o.config.due(step), nil
	}
	last, every, ok, err := o.interval(store)
	if err != nil || !ok {
		return err == nil && o.config.due(step), err
	}
	return step >= last+every, nil
}

// refreshed tells whether v was refreshed in a step, which must be the last one where the interval is adapted.
func (o *Optimizer) refreshed(store *model.Store, step int64) (bool, error) {
	if o.config.Refresh.Most == 0 {
		return o.config.due(step), nil
	}
	last, _, ok, err := o.interval(store)
	return ok && last == step, err
}
