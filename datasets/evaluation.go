package datasets

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/train"
)

// evaluation yields a set once, in order.
type evaluation struct {
	set   *Set
	batch int
	dtype dtypes.DType
}

// NewEvaluation returns a train.Dataset that yields the images of s in order, once, in batches of the given size; the
// last batch holds what is left and may be smaller. Shapes, types and ownership are those of [Loader.Iter]. Iterating
// yields an error unless batch is 1 or more and dtype Float32 or Float64.
func NewEvaluation(s *Set, batch int, dtype dtypes.DType) train.Dataset {
	return &evaluation{set: s, batch: batch, dtype: dtype}
}

// Name implements train.Dataset.
func (e *evaluation) Name() string { return e.set.Name + " [evaluation]" }

// Iter implements train.Dataset.
func (e *evaluation) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		err := checkDType(e.dtype)
		if e.batch < 1 {
			err = errors.Join(err, fmt.Errorf("datasets: evaluation in batches of %d images: want 1 or more", e.batch))
		}
		if err != nil {
			yield(train.Batch{}, err)
			return
		}
		for first := 0; first < e.set.Len(); first += e.batch {
			rows := make([]int, min(e.batch, e.set.Len()-first))
			for i := range rows {
				rows[i] = first + i
			}
			batch, err := newBatch(e.set, rows, e.dtype, e.set.copyTo)
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}
