package xsam

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// What is trained may change in mid-training: parameters are frozen, unfrozen, added. v, λ and what else is known then
// belong to other parameters than the ones that are trained now. So the store has a record of what they belong to
// (progress.go), and when the parameters of a step are others, v is made of length 1 over these, λ is unknown, and the
// warm-up begins again. Where the same parameters were trained before, as the heads of several tasks are in turn, only
// v is rescaled.

// settle prepares the state for a step that trains vars. It runs on the host, while a graph is built or when the
// trained parameters are found to be others than in the step before.
func (o *Optimizer) settle(h home, vars []*model.Variable) error {
	entries, err := h.progress()
	if err != nil {
		return err
	}
	trained := int64(fingerprint(vars))
	known := entries[progressTrained]
	missing, err := h.missing(vars)
	if err != nil {
		return err
	}
	draws := o.config.refreshes() && missing > 0 // as where a method without v has trained the same parameters
	if known == trained && !draws {
		return nil
	}
	fresh := known == 0 // a new store, or one from before there was a record
	if o.config.refreshes() && (!fresh || missing > 0) {
		parts, err := h.eigenvectorOf(vars)
		if err != nil {
			return err
		}
		if err := h.write(vars, o.unit(vars, parts)); err != nil {
			return err
		}
	}
	if !fresh {
		before := known == trained
		if !before {
			if before, err = h.trainedBefore(known, trained); err != nil {
				return err
			}
		}
		if !before || draws {
			if err := h.forget(o.config, vars); err != nil {
				return err
			}
			entries[progressSince] = entries[progressSteps]
		}
	}
	entries[progressTrained] = trained
	return openProgress(h).SetValue(tensors.FromFlatDataAndDimensions(entries, progressEntries))
}

// trainedBefore tells whether a set of parameters was trained before the set known was, and notes both. The record is
// in the store from the first change on.
func (h home) trainedBefore(known, set int64) (bool, error) {
	sets, v := []int64{known}, h.store.GetVariable(h.path("sets"))
	if v != nil {
		value, err := v.Value()
		if err == nil {
			sets, err = tensors.CopyFlatData[int64](value)
		}
		if err != nil {
			return false, fmt.Errorf("xsam: reading which parameters were trained: %w", err)
		}
		if err := h.store.DeleteVariable(v.Path()); err != nil {
			return false, fmt.Errorf("xsam: %w", err)
		}
	}
	before := slices.Contains(sets, set)
	if !before {
		sets = append(sets, set)
	}
	value := tensors.FromFlatDataAndDimensions(sets, len(sets))
	h.store.VariableWithValue(h.path("sets"), value).SetTrainable(false)
	return before, nil
}

// unit returns v over vars: parts where there are any, a drawn direction for the rest, of length 1 together.
func (o *Optimizer) unit(vars []*model.Variable, parts [][]float64) [][]float64 {
	drawn := drawDirection(vars, o.config.Seed)
	var kept float64
	for _, part := range parts {
		kept += squares(part)
	}
	if !(kept > 0) || math.IsInf(kept, 1) {
		return drawn
	}
	// What is new has the share of the length that a drawn direction gives it.
	var fresh float64
	for i, part := range parts {
		if part == nil {
			fresh += squares(drawn[i])
		}
	}
	scale := math.Sqrt((1 - fresh) / kept)
	for i, part := range parts {
		if part == nil {
			parts[i] = drawn[i]
			continue
		}
		for j := range part {
			part[j] *= scale
		}
	}
	return parts
}

func squares(x []float64) (sum float64) {
	for _, xi := range x {
		sum += xi * xi
	}
	return sum
}

// missing counts the parameters without a part of v, and refuses those whose part has another shape.
func (h home) missing(vars []*model.Variable) (n int, err error) {
	for _, v := range vars {
		kept := h.store.GetVariable(h.eigenvector(v))
		if kept == nil {
			n++
			continue
		}
		if !slices.Equal(kept.Shape().Dimensions, v.Shape().Dimensions) {
			return 0, fmt.Errorf("xsam: parameter %s has shape %s, and its part of v in the store %s: "+
				"the parameter was reshaped: begin anew with Optimizer.Clear, or restore the checkpoint that belongs to the model",
				v.Path(), v.Shape(), kept.Shape())
		}
	}
	return n, nil
}

// eigenvectorOf reads the parts of v that there are; nil for a parameter without one.
func (h home) eigenvectorOf(vars []*model.Variable) ([][]float64, error) {
	parts := make([][]float64, len(vars))
	for i, v := range vars {
		kept := h.store.GetVariable(h.eigenvector(v))
		if kept == nil {
			continue
		}
		value, err := kept.Value()
		if err == nil {
			parts[i], err = floats(value)
		}
		if err != nil {
			return nil, fmt.Errorf("xsam: reading %s: %w", kept.Path(), err)
		}
	}
	return parts, nil
}

// write puts v into the store.
func (h home) write(vars []*model.Variable, parts [][]float64) error {
	for i, v := range vars {
		value := tensorOf(stateDType(v), v.Shape().Dimensions, parts[i])
		if kept := h.store.GetVariable(h.eigenvector(v)); kept != nil {
			if err := kept.SetValue(value); err != nil {
				return fmt.Errorf("xsam: writing %s: %w", kept.Path(), err)
			}
			continue
		}
		h.store.VariableWithValue(h.eigenvector(v), value).SetTrainable(false)
	}
	return nil
}

// forget makes λ, the interval, the running loss, what was reused of an ascent and the average of the gradients unknown
// again.
func (h home) forget(c Config, vars []*model.Variable) error {
	unknown := map[string]func(v *model.Variable) *tensors.Tensor{
		h.path("refresh"): func(v *model.Variable) *tensors.Tensor {
			return tensorOf(v.DType(), v.Shape().Dimensions, unknownRefresh())
		},
		h.path("limit"): func(v *model.Variable) *tensors.Tensor {
			return tensorOf(v.DType(), v.Shape().Dimensions, noLimit())
		},
		h.path("rise"): func(v *model.Variable) *tensors.Tensor {
			return tensorOf(v.DType(), v.Shape().Dimensions, notRisen())
		},
		h.path("interval"): func(*model.Variable) *tensors.Tensor { return firstInterval(c) },
	}
	zero := func(v *model.Variable) *tensors.Tensor {
		return tensorOf(v.DType(), v.Shape().Dimensions, make([]float64, v.Shape().Size()))
	}
	for _, of := range vars {
		unknown[h.path(ascentName(of))], unknown[h.path(averageName(of))] = zero, zero
	}
	for path, value := range unknown {
		v := h.store.GetVariable(path)
		if v == nil {
			continue
		}
		if err := v.SetValue(value(v)); err != nil {
			return fmt.Errorf("xsam: writing %s: %w", path, err)
		}
	}
	return nil
}

// fingerprint tells sets of parameters apart; it is never 0.
func fingerprint(vars []*model.Variable) uint64 {
	sum := fnv.New64a()
	for _, v := range vars {
		fmt.Fprintln(sum, v.Path(), v.Shape().Dimensions)
	}
	return sum.Sum64() | 1
}
