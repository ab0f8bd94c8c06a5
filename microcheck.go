package xsam

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// With the first micro-batch for each Batch.Spec come a few rows from all over its batch, in an executable of its own.
// Their loss is compared with that of their parts (forward.Compare): a loss that these do not give is not one that
// micro-batches can give. What is found is kept in the store for the host, which looks at it before the second
// micro-batch.

// comparedRows is at most how many rows are compared.
const comparedRows = 8

// few returns rows of a batch to compare, inputs and labels; nil where it has been done. Rows that say nothing, for the
// loss is 0 there, are followed by others.
func (a *accumulated) few(batch train.Batch) ([]*tensors.Tensor, error) {
	if a.checked[batch.Spec] {
		return nil, nil
	}
	o := a.optimizer.objective
	rows, err := forward.Rows(o, batch.Inputs, batch.Labels)
	if err != nil {
		return nil, fmt.Errorf("xsam: Accumulate: %w", err)
	}
	of := forward.Spread(rows, min(comparedRows, rows/a.n), a.tried)
	a.tried++
	var list []*tensors.Tensor
	add := func(t *tensors.Tensor, shared bool) error {
		var copied *tensors.Tensor
		var err error
		if shared {
			copied, err = t.Clone()
		} else {
			copied, err = pick(t, rows, of)
		}
		if err != nil {
			return fmt.Errorf("xsam: Accumulate: %w", err)
		}
		list = append(list, copied)
		return nil
	}
	for i, t := range batch.Inputs {
		if err := add(t, o.Shares(i)); err != nil {
			return nil, err
		}
	}
	for i, t := range batch.Labels {
		if err := add(t, o.SharesLabel(i)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// pick copies some of the rows of a tensor, which has several of its first axis for each of them perhaps.
func pick(t *tensors.Tensor, rows int, of []int) (*tensors.Tensor, error) {
	shape := t.Shape().Clone()
	shape.Dimensions[0] = shape.Dim(0) / rows * len(of)
	picked := tensors.FromShape(shape)
	var failed error
	err := t.ConstBytes(func(from []byte) {
		size := len(from) / rows
		failed = picked.MutableBytes(func(to []byte) {
			for i, row := range of {
				copy(to[i*size:(i+1)*size], from[row*size:(row+1)*size])
			}
		})
	})
	return picked, errors.Join(err, failed)
}

// compareParts keeps what the comparison has found. Where the parts do not fit, and the gradient is nothing beside that
// at half the weights, the loss is all but 0 and rounding may be all that they differ by: what is found there counts.
func (s *step) compareParts() error {
	compare := func() (forward.Verdict, error) {
		return s.objective.Compare(s.scope, s.g, forward.Few(s.g), true, s.gradientOf)
	}
	found, err := compare()
	if err != nil {
		return err
	}
	w := forward.Point(s.g, s.vars)
	forward.SetPoint(s.vars, paramvec.Scale(graph.Scalar(s.g, dtypes.Float64, 0.5), w))
	half, err := compare()
	forward.SetPoint(s.vars, w)
	if err != nil {
		return err
	}
	one := graph.Scalar(s.g, dtypes.Float64, 1)
	differs := func(v forward.Verdict) *graph.Node { return graph.GreaterThan(graph.Min(v.Apart, v.AsSum), one) }
	fits := graph.And(graph.GreaterThan(half.Seen, graph.ScalarZero(s.g, dtypes.Float64)), graph.Not(differs(half)))
	rounding := graph.LessThan(found.Slope, graph.MulScalar(half.Slope, found.Rounding))
	instead := graph.And(graph.And(differs(found), rounding), fits)
	kept := openParts(s.home)
	kept.SetNodeValue(vector(kept.DType(), graph.Where(instead, half.Apart, found.Apart),
		graph.Where(instead, half.AsSum, found.AsSum), graph.Where(instead, half.Seen, found.Seen)))
	return nil
}

func openParts(h home) *model.Variable {
	return h.variable("accumulate/parts", dtypes.Float64, []int{3}, make([]float64, 3))
}

// check reports, after the first micro-batch, that the loss cannot be accumulated; ok is false where nothing was seen.
func (a *accumulated) check() (ok bool, err error) {
	if a.store.GetVariable(a.optimizer.home(a.store).path("accumulate", "parts")) == nil {
		return false, errors.New("xsam: Accumulate: a micro-batch was asked for before the one before it was trained on: " +
			"read ahead (dataset.ReadAhead, for instance) beneath Accumulate, not around it")
	}
	parts, err := readState(a.optimizer.home(a.store), "accumulate/parts")
	if err != nil {
		return false, err
	}
	zero := tensorOf(dtypes.Float64, []int{3}, make([]float64, 3)) // what was found is no state of the training
	if err := openParts(a.optimizer.home(a.store)).SetValue(zero); err != nil {
		return false, fmt.Errorf("xsam: Accumulate: %w", err)
	}
	switch forward.Relate(parts[0], parts[1], parts[2]) {
	case forward.Joins:
		return true, nil
	case forward.Unseen:
		return false, nil
	case forward.IsSum:
		return false, fmt.Errorf("xsam: Accumulate: %w", forward.ErrSum)
	default:
		return false, fmt.Errorf("xsam: Accumulate: the gradient of a few rows is not what two parts of them give (%.3g "+
			"times what rounding may do): the loss compares the rows of a batch or takes something over them, an input or "+
			"label is not one row for each example (say which with Shared or SharedLabels of the objective), or the loss "+
			"divides by something else than was found (say what with DividedBy): a batch cannot be cut for it", parts[0])
	}
}
