package checkpoint

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// State is a copy of the variables of a store in memory, by path.
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
			return errors.Join(fmt.Errorf("checkpoint: copying variable %s: %w", path, err), state.Free())
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

// Restore sets the variables of a store to the values of the copy, which stays.
func (s State) Restore(store *model.Store) error {
	for v := range store.IterVariables() {
		value, ok := s[v.Path()]
		if !ok {
			continue
		}
		value, err := value.LocalClone()
		if err == nil {
			err = v.SetValue(value)
		}
		if err != nil {
			return fmt.Errorf("checkpoint: setting variable %s: %w", v.Path(), err)
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
