package forward

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
)

// Rows returns the number of rows of a batch, of tensors or nodes: the least that an input or label has in its first
// axis. The others have as many, or a multiple of it (one for each token of a row, say); all but the inputs that the
// objective shares, which may be nil.
func Rows[T interface{ Shape() shapes.Shape }](o *Objective, inputs, labels []T) (int, error) {
	if i := slices.IndexFunc(o.sharedInputs(), func(i int) bool { return i < 0 || i >= len(inputs) }); i >= 0 {
		return 0, fmt.Errorf("objective: Shared names input %d, and the batch has %d inputs: want numbers from 0",
			o.shared[i], len(inputs))
	}
	if i := slices.IndexFunc(o.sharedLabels(), func(i int) bool { return i < 0 || i >= len(labels) }); i >= 0 {
		return 0, fmt.Errorf("objective: SharedLabels names label %d, and the batch has %d labels: want numbers from 0",
			o.labels[i], len(labels))
	}
	rows := 0
	err := eachWithRows(o, inputs, labels, func(name string, n int) error {
		if n < 1 {
			return fmt.Errorf("objective: %s of the batch has no rows: want one or more", name)
		}
		if rows == 0 || n < rows {
			rows = n
		}
		return nil
	})
	if err == nil && rows == 0 {
		err = errors.New("objective: the batch has nothing with rows: want an input that is not shared")
	}
	if err != nil {
		return 0, err
	}
	return rows, eachWithRows(o, inputs, labels, func(name string, n int) error {
		if n%rows != 0 {
			return fmt.Errorf("objective: %s of the batch has %d rows, and another one %d: want the same for all, or a "+
				"multiple, or an input that Shared names (a label that SharedLabels names)", name, n, rows)
		}
		return nil
	})
}

// eachWithRows calls f with the first axis of all that has rows.
func eachWithRows[T interface{ Shape() shapes.Shape }](o *Objective, inputs, labels []T,
	f func(name string, n int) error) error {
	call := func(name string, x T) error {
		if x.Shape().Rank() == 0 {
			return fmt.Errorf("objective: %s of the batch is a scalar: want one row for each example, or an input that "+
				"Shared names (a label that SharedLabels names)", name)
		}
		return f(name, x.Shape().Dim(0))
	}
	for i, x := range inputs {
		if o.Shares(i) {
			continue
		}
		if err := call(fmt.Sprintf("input %d", i), x); err != nil {
			return err
		}
	}
	for i, x := range labels {
		if o.SharesLabel(i) {
			continue
		}
		if err := call(fmt.Sprintf("label %d", i), x); err != nil {
			return err
		}
	}
	return nil
}
