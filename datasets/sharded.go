package datasets

import (
	"fmt"
	"iter"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/train"
)

// Sharded is a data set whose batches are spread over several devices, each of which gets an equal part of the
// examples: a train.DistributedDataset for GoMLX's AutoSharding. The batch stays one batch: loss, gradient and
// batch-norm statistics are those of the whole of it, whatever the number of devices.
type Sharded struct {
	train.Dataset
	spec *distributed.ShardingSpec
}

var _ train.DistributedDataset = (*Sharded)(nil)

// NewSharded spreads the batches of ds, whose first axis counts the examples, over the first devices of an engine, 1
// or more. A batch that does not divide by their number makes the iteration fail.
func NewSharded(ds train.Dataset, devices int) (*Sharded, error) {
	const axis = "examples"
	mesh, err := distributed.NewDeviceMesh([]int{devices}, []string{axis})
	if err != nil {
		return nil, fmt.Errorf("datasets: %s over %d devices: %w", ds.Name(), devices, err)
	}
	spec, err := distributed.BuildSpec(mesh).S(axis).Done()
	if err != nil {
		return nil, fmt.Errorf("datasets: %s over %d devices: %w", ds.Name(), devices, err)
	}
	return &Sharded{Dataset: ds, spec: spec}, nil
}

// Strategy implements train.DistributedDataset.
func (s *Sharded) Strategy() distributed.Strategy { return distributed.AutoSharding }

// DeviceAssignment implements train.DistributedDataset: the engine's first devices, in their order.
func (s *Sharded) DeviceAssignment() []compute.DeviceNum {
	devices := make([]compute.DeviceNum, s.spec.Mesh.NumDevices())
	for i := range devices {
		devices[i] = compute.DeviceNum(i)
	}
	return devices
}

// DistributedIter implements train.DistributedDataset.
func (s *Sharded) DistributedIter() iter.Seq2[train.DistributedBatch, error] {
	return func(yield func(train.DistributedBatch, error) bool) {
		for batch, err := range s.Dataset.Iter() {
			out := train.DistributedBatch{Spec: batch.Spec}
			if err == nil {
				out.Inputs, err = s.shard(batch.Inputs)
			}
			if err == nil {
				out.Labels, err = s.shard(batch.Labels)
			}
			if !yield(out, err) || err != nil {
				return
			}
		}
	}
}

// shard spreads tensors, which it takes over.
func (s *Sharded) shard(whole []*tensors.Tensor) ([]*dtensor.Tensor, error) {
	parts := make([]*dtensor.Tensor, len(whole))
	for i, t := range whole {
		var err error
		if parts[i], err = dtensor.ShardTensor(s.spec, t); err != nil {
			return nil, fmt.Errorf("datasets: %s: a batch of shape %s cannot be spread over %d devices; choose a batch "+
				"size that divides by it: %w",
				s.Name(), t.Shape(), s.spec.Mesh.NumDevices(), err)
		}
		if err := t.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return parts, nil
}
