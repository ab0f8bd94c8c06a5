package program

import (
	"fmt"

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
	}
	return true
}
