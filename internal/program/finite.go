package program

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/ml/model"
)

// Finite tells whether all weights of a store are finite numbers.
func Finite(store *model.Store) (finite bool, err error) {
	finite = true
	for v := range store.IterVariables() {
		if !v.Trainable || !finite {
			continue
		}
		value, err := v.Value()
		if err == nil {
			err = value.ConstFlatData(func(flat any) { finite = allFinite(flat) })
		}
		if err != nil {
			return false, fmt.Errorf("program: reading variable %s: %w", v.Path(), err)
		}
	}
	return finite, nil
}

// allFinite is true for what holds no floating-point numbers. Weights are of one of these types.
func allFinite(flat any) bool {
	switch values := flat.(type) {
	case []float32:
		for _, x := range values {
			if x-x != 0 { // NaN, and ∞ − ∞
				return false
			}
		}
	case []float64:
		for _, x := range values {
			if x-x != 0 {
				return false
			}
		}
	case []float16.Float16:
		return !slices.ContainsFunc(values, func(x float16.Float16) bool { f := x.Float32(); return f-f != 0 })
	case []bfloat16.BFloat16:
		return !slices.ContainsFunc(values, func(x bfloat16.BFloat16) bool { f := x.Float32(); return f-f != 0 })
	}
	return true
}
