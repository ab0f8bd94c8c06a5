package experiment

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// turns has the trainer take n batches of data, and calls after each, when the engine is done with it. An error of after ends it.
//
// This is what GoMLX's train.Loop does, but for its metrics: Loop fetches each of them from the engine after each step, which on a
// small net takes a tenth of the step's time. They are freed unread here, since the optimizer's Probe has the loss too.
func (p *program) turns(data train.Dataset, n int, after func() error) error {
	if n <= 0 {
		return nil
	}
	done := 0
	took := func(metrics []*tensors.Tensor, err error) error {
		for _, m := range metrics {
			if finalizeErr := m.FinalizeAll(); err == nil {
				err = finalizeErr
			}
		}
		if err == nil {
			err = after()
		}
		done++
		return err
	}
	if spread, ok := data.(train.DistributedDataset); ok {
		for batch, err := range spread.DistributedIter() {
			if err == nil {
				err = took(p.trainer.DistributedTrainStep(spread.Strategy(), spread.DeviceAssignment(), batch))
			}
			if err != nil || done == n {
				return err
			}
		}
	} else {
		for batch, err := range data.Iter() {
			if err == nil {
				err = took(p.trainer.TrainStep(batch))
			}
			if err != nil || done == n {
				return err
			}
		}
	}
	return fmt.Errorf("experiment: %s ended after %d of %d batches", data.Name(), done, n)
}
