package program

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// State is a copy of the variables of a store, by path.
type State map[string]*tensors.Tensor

// Copy copies a store, and the values of a checkpoint that no variable has taken yet (nil for none).
func Copy(store *model.Store, rest *Checkpoint) (state State, err error) {
	state = State{}
	add := func(path string, value *tensors.Tensor, err error) error {
		if err == nil {
			state[path], err = value.LocalClone()
		}
		if err != nil {
			delete(state, path)
			return errors.Join(fmt.Errorf("program: copying variable %s: %w", path, err), state.Free())
		}
		return nil
	}
	for v := range store.IterVariables() {
		value, err := v.Value()
		if err := add(v.Path(), value, err); err != nil {
			return nil, err
		}
	}
	if rest == nil {
		return state, nil
	}
	for path, value := range rest.values {
		if err := add(path, value, nil); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// Put sets the variables of a store to the values of a copy, which stays.
func Put(store *model.Store, state State) error {
	for v := range store.IterVariables() {
		value, ok := state[v.Path()]
		if !ok {
			continue
		}
		value, err := value.LocalClone()
		if err == nil {
			err = v.SetValue(value)
		}
		if err != nil {
			return fmt.Errorf("program: setting variable %s: %w", v.Path(), err)
		}
	}
	return nil
}

// Free frees the copies.
func (s State) Free() (err error) {
	for _, value := range s {
		err = errors.Join(err, value.FinalizeAll())
	}
	return err
}

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
