package datasets

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// LoaderConfig says how a Loader walks through its set.
type LoaderConfig struct {
	BatchSize int          // images in a batch, from 1 to the size of the set
	Seed      int64        // of the order and the augmentation
	StartStep int          // the step whose batch comes first, counted from 0 over all epochs
	Augment   bool         // change the images as the set's Augmentation says
	DType     dtypes.DType // of the images: Float32 or Float64
}

// Loader yields the batches to train on: a train.Dataset without end. In each epoch every image comes at most once,
// in an order of the epoch's own; the images left over when the set does not divide into batches are dropped.
//
// The batch of step s is a function of set, configuration and s alone. So a run that is resumed with StartStep = s
// goes on with the same bits, and so does one on another machine.
type Loader struct {
	set    *Set
	config LoaderConfig
}

var _ train.Dataset = (*Loader)(nil)

// NewLoader returns the loader of a set. It fails on a configuration out of range.
func NewLoader(s *Set, c LoaderConfig) (*Loader, error) {
	var errs []error
	if c.BatchSize < 1 || c.BatchSize > s.Len() {
		errs = append(errs, fmt.Errorf("datasets: LoaderConfig.BatchSize = %d: want 1 to %d, the number of images of %s",
			c.BatchSize, s.Len(), s.Name))
	}
	if c.StartStep < 0 {
		errs = append(errs, fmt.Errorf("datasets: LoaderConfig.StartStep = %d: want 0 or more", c.StartStep))
	}
	errs = append(errs, checkDType(c.DType))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Loader{set: s, config: c}, nil
}

// StepsPerEpoch is the number of whole batches in one pass over the set.
func (l *Loader) StepsPerEpoch() int { return l.set.Len() / l.config.BatchSize }

// From returns the same loader, starting at the batch of another step, 0 or more.
func (l *Loader) From(step int) *Loader {
	from := *l
	from.config.StartStep = step
	return &from
}

// Name implements train.Dataset.
func (l *Loader) Name() string { return l.set.Name + " [train]" }

// Iter implements train.Dataset: it yields the batches of steps StartStep, StartStep+1, … without end, each time it
// is called from StartStep on. Inputs are one tensor [B, H, W, C], labels one tensor of int32 [B, 1], or of the type of
// the inputs in a regression. The tensors are new in each batch and belong to the caller.
func (l *Loader) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		perEpoch := l.StepsPerEpoch()
		var order []int
		for step := l.config.StartStep; ; step++ {
			if order == nil || step%perEpoch == 0 {
				order = stream(l.config.Seed, forOrder, uint64(step/perEpoch)).Perm(l.set.Len())
			}
			first := step % perEpoch * l.config.BatchSize
			batch, err := newBatch(l.set, order[first:first+l.config.BatchSize], l.config.DType, l.fill(step))
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

// fill returns how the i-th image of a step's batch is written.
func (l *Loader) fill(step int) func(to []float32, i, row int) {
	if !l.config.Augment {
		return l.set.copyTo
	}
	return func(to []float32, i, row int) {
		l.set.Augmentation.apply(to, l.set, row, stream(l.config.Seed, forAugmentation, uint64(step), uint64(i)))
	}
}

// copyTo writes an image as it is.
func (s *Set) copyTo(to []float32, _, row int) { copy(to, s.image(row)) }

// newBatch makes the tensors of the images in the given rows, each written by fill(to, index in the batch, row).
func newBatch(s *Set, rows []int, dtype dtypes.DType, fill func(to []float32, i, row int)) (train.Batch, error) {
	inputs := tensors.FromShape(shapes.Make(dtype, len(rows), s.Height, s.Width, s.Channels))
	labels := tensors.FromShape(shapes.Make(s.LabelDType(dtype), len(rows), 1))
	size := s.size()
	var err error
	if dtype == dtypes.Float32 {
		err = tensors.MutableFlatData(inputs, func(flat []float32) {
			for i, row := range rows {
				fill(flat[i*size:(i+1)*size], i, row)
			}
		})
	} else {
		image := make([]float32, size)
		err = tensors.MutableFlatData(inputs, func(flat []float64) {
			for i, row := range rows {
				fill(image, i, row)
				for j, x := range image {
					flat[i*size+j] = float64(x)
				}
			}
		})
	}
	err = errors.Join(err, s.fillLabels(labels, rows))
	return train.Batch{Inputs: []*tensors.Tensor{inputs}, Labels: []*tensors.Tensor{labels}}, err
}

// LabelDType is the type of the labels beside images of a type: int32 for classes, that of the images for numbers.
func (s *Set) LabelDType(images dtypes.DType) dtypes.DType {
	if s.Regression() {
		return images
	}
	return dtypes.Int32
}

// fillLabels writes the labels of the given rows.
func (s *Set) fillLabels(labels *tensors.Tensor, rows []int) error {
	switch {
	case !s.Regression():
		return tensors.MutableFlatData(labels, func(flat []int32) { copy(flat, pick(s.Labels, rows)) })
	case labels.DType() == dtypes.Float32:
		return tensors.MutableFlatData(labels, func(flat []float32) { copy(flat, pick(s.Targets, rows)) })
	}
	return tensors.MutableFlatData(labels, func(flat []float64) {
		for i, row := range rows {
			flat[i] = float64(s.Targets[row])
		}
	})
}

// checkDType refuses types of image that the loaders do not make.
func checkDType(dtype dtypes.DType) error {
	if dtype != dtypes.Float32 && dtype != dtypes.Float64 {
		return fmt.Errorf("datasets: images of type %s: want Float32 or Float64", dtype)
	}
	return nil
}
