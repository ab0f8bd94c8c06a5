package datasets

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// OnDevice yields the batches of ds with their tensors on the first device of an engine.
func OnDevice(engine compute.Backend, ds train.Dataset) train.Dataset {
	return &onDevice{Dataset: ds, engine: engine}
}

type onDevice struct {
	train.Dataset
	engine compute.Backend
}

// Iter implements train.Dataset.
func (d *onDevice) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range d.Dataset.Iter() {
			if err == nil {
				err = d.move(batch)
			}
			if !yield(batch, err) || err != nil {
				return
			}
		}
	}
}

// move hands the tensors of a batch to the device. Where it fails it frees them.
func (d *onDevice) move(batch train.Batch) error {
	var errs []error
	for _, list := range [][]*tensors.Tensor{batch.Inputs, batch.Labels} {
		for _, t := range list {
			errs = append(errs, t.ToDevice(d.engine, 0))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("datasets: handing a batch of %s to the engine %s: %w", d.Name(), d.engine.Name(),
			errors.Join(err, batch.Finalize()))
	}
	return nil
}

// Ahead makes each batch of ds while the one before is being trained on: in a goroutine, one batch after the other,
// with at most two there at a time. The batches are those of ds, in its order.
func Ahead(ds train.Dataset) train.Dataset { return &ahead{ds} }

type ahead struct{ train.Dataset }

// made is a batch, or what kept it from being made.
type made struct {
	batch train.Batch
	err   error
}

// Iter implements train.Dataset. When it ends, early or not, the goroutine has ended and no batch is left behind.
func (a *ahead) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		next, stop := make(chan made), make(chan struct{})
		go a.produce(next, stop)
		defer func() {
			close(stop)
			for m := range next { // until produce has closed it
				_ = m.batch.Finalize() // nobody wants it any more
			}
		}()
		for m := range next {
			if !yield(m.batch, m.err) || m.err != nil {
				return
			}
		}
	}
}

// produce sends the batches until there are no more, one cannot be made, or stop is closed.
func (a *ahead) produce(next chan<- made, stop <-chan struct{}) {
	defer close(next)
	for batch, err := range a.Dataset.Iter() {
		select {
		case next <- made{batch, err}:
		case <-stop:
			_ = batch.Finalize()
			return
		}
		if err != nil {
			return
		}
	}
}
