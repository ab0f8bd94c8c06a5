package xsamtest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/backend"
)

// engineIsRight compares the gradient of the first batch on the program's engine with that of GoMLX's pure-Go engine,
// at the same weights. An engine that takes a library for its products can be wrong where the model is right
// (docs/decisions/001-engine.md).
func engineIsRight(p Program) Finding {
	begun := p.store()
	if err := p.plain(begun, still(), 1); err != nil {
		return failed(err)
	}
	w, err := weights(begun)
	if err != nil {
		return failed(err)
	}
	random, err := p.draws(begun, w)
	if err != nil {
		return failed(err)
	}
	if random {
		return Finding{Skipped: "the model draws random numbers, which are others on another engine"}
	}
	got, err := p.gradientAt(begun, w)
	if err != nil {
		return failed(err)
	}
	engine, err := backend.Open(context.Background(), backend.Options{Name: "go"})
	if err != nil {
		return failed(err)
	}
	defer engine.Finalize()
	p.Backend = engine.Backend
	want, err := p.gradientAt(begun, w)
	if err != nil {
		return Finding{Skipped: "the pure-Go engine does not run this model: " + err.Error()}
	}
	var off, size float64
	for path := range want {
		for i, x := range want[path] {
			off += (got[path][i] - x) * (got[path][i] - x)
			size += x * x
		}
	}
	share := math.Sqrt(off) / max(math.Sqrt(size), math.SmallestNonzeroFloat64)
	allowed := 0.05 // ReLUs on their other side, activations in bfloat16
	if double(begun) {
		allowed = 1e-6
	}
	detail := fmt.Sprintf("gradients differ by %.1e of their length", share)
	if share <= allowed {
		return Finding{Passed: true, Detail: detail}
	}
	return Finding{Detail: detail + ": one of the two engines is wrong; try without XLA_FLAGS, or in float64"}
}

// draws tells whether a step of the model, at the weights w, takes random numbers from the store.
func (p Program) draws(like *model.Store, w map[string][]float64) (bool, error) {
	store := p.at(like, w)
	var states [2][]uint64
	for i := range states {
		if err := p.plain(store, still(), 1); err != nil {
			return false, err
		}
		v := store.GetVariable(model.JoinPath(model.ScopeSeparator, model.RNGStateVariableName))
		if v == nil {
			return false, nil
		}
		value, err := v.Value()
		if err != nil {
			return false, err
		}
		states[i] = tensors.MustCopyFlatData[uint64](value)
	}
	return !slices.Equal(states[0], states[1]), nil
}
