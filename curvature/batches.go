package curvature

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
)

// Batches reads a finite data set to its end. The batches are the caller's to finalize.
func Batches(ds train.Dataset) ([]train.Batch, error) {
	var batches []train.Batch
	for batch, err := range ds.Iter() {
		if err != nil {
			finalize(batches)
			return nil, fmt.Errorf("curvature: batch %d of %s: %w", len(batches), ds.Name(), err)
		}
		batches = append(batches, batch)
	}
	return batches, nil
}

// finalize frees the memory of the batches. An error is ignored; that memory then stays in use.
func finalize(batches []train.Batch) {
	for _, b := range batches {
		_ = b.Finalize()
	}
}

// count finds the number of examples.
func count(o *forward.Objective, batches []train.Batch) (examples int, err error) {
	if len(batches) == 0 {
		return 0, errors.New("curvature: there are no batches: want at least one")
	}
	first := batches[0]
	for i, b := range batches {
		if !slices.ContainsFunc(b.Inputs, func(t *tensors.Tensor) bool { return t.Rank() > 0 }) {
			return 0, fmt.Errorf("curvature: batch %d has no input with a first axis to count its examples by", i)
		}
		if b.Spec != nil && !reflect.TypeOf(b.Spec).Comparable() {
			return 0, fmt.Errorf("curvature: batch %d has a Spec of type %T, by which graphs cannot be kept apart: want one "+
				"that can be compared, such as a string", i, b.Spec)
		}
		if len(b.Inputs) != len(first.Inputs) || len(b.Labels) != len(first.Labels) {
			return 0, fmt.Errorf("curvature: batch %d has %d inputs and %d labels, batch 0 has %d and %d: "+
				"want the same", i, len(b.Inputs), len(b.Labels), len(first.Inputs), len(first.Labels))
		}
		rows, err := rowsOf(o, b.Inputs, b.Labels)
		if err != nil && len(batches) > 1 {
			return 0, fmt.Errorf("curvature: batch %d: %w", i, err)
		}
		examples += rows
	}
	if examples == 0 {
		return 0, errors.New("curvature: the batches hold no examples")
	}
	return examples, nil
}

// rowsOf is the number of rows of a batch. Where that is unclear it is that of the first input that has any, and the
// error says why.
func rowsOf[T interface{ Shape() shapes.Shape }](o *forward.Objective, inputs, labels []T) (int, error) {
	rows, err := forward.Rows(o, inputs, labels)
	if err != nil {
		if i := slices.IndexFunc(inputs, func(x T) bool { return x.Shape().Rank() > 0 }); i >= 0 {
			rows = inputs[i].Shape().Dim(0)
		}
	}
	return rows, err
}
