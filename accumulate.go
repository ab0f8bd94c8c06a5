package xsam

import (
	"errors"
	"fmt"
	"iter"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
)

// Accumulate takes the place of Schedule for batches that are too large for the device: each batch of ds is cut into
// n micro-batches of equal size, which wait on the host and go through the trainer one after the other. Gradients are
// summed before anything is done with them, weighed by what the loss of each divides by,
//
//	pass 1   Σᵢ dᵢ·∇Lᵢ(w)/d, or at w + r v      n micro-batches
//	pass 2   Σᵢ dᵢ·∇Lᵢ(w + ε)/d, or at w − r v  the same n again, with the same dropout masks; plain steps have none
//
// so that there is one ε, one v and one correction for the whole batch: the update is that of the undivided batch.
// (With Ascent.Local an ascent step is a single pass of Σᵢ dᵢ·∇Lᵢ(w + εᵢ)/d, with an εᵢ for each micro-batch.) dᵢ is
// the number of rows for a mean over them, the number that a mask leaves, or the sum of the weights of a weighted mean;
// d is that of the whole batch. It is read off the loss, or said with DividedBy, Sum, Shared, SharedLabels of package
// objective. Two things in a model differ all the same: batch norm sees the statistics of its micro-batch, and dropout
// has other masks.
//
// Losses that parts of a batch cannot give, because they compare rows, for instance, are refused with the first
// micro-batch. It brings 3 to 8 rows from all over the batch, whose gradient is compared with that of their parts.
//
// Memory falls to the activations of one micro-batch, plus up to two sums of the size of the weights. They are in the
// store, under /xsam/accumulate; a checkpoint need not have them (ExcludeVars). A step of the trainer is one
// micro-batch; MicroSteps says how many make up one update, and GoMLX's global step counts updates. Hooks that run
// once per step (train.AddPerStepUpdateGraphFn), and what the model writes without looking at the batch (counters,
// schedules, averages of the weights), go once per update; running averages of batch norm see every micro-batch. The
// losses that the trainer reports are those of the micro-batches at the point of their pass, and with the last one
// that of the whole.
//
// It fails for n < 1, for configurations whose refresh is not ByPair, which go through the batch at more points, and
// for an interval between refreshes that is adapted. A batch that does not divide by n makes the iteration fail. An
// iteration begins with a whole batch.
func (o *Optimizer) Accumulate(store *model.Store, ds train.Dataset, n int) (train.Dataset, error) {
	if n < 1 {
		return nil, fmt.Errorf("xsam: Accumulate got n = %d: want 1 or more micro-batches", n)
	}
	if o.config.refreshes() && o.config.By != ByPair {
		return nil, fmt.Errorf("xsam: Accumulate with Refresh.By = %v: want ByPair, or Refresh.Every = 0", o.config.By)
	}
	if o.config.Refresh.Most > 0 {
		return nil, fmt.Errorf("xsam: Accumulate with Refresh.Most = %d: want 0, a fixed interval", o.config.Refresh.Most)
	}
	const axis = "micro"
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{axis})
	if err != nil {
		return nil, fmt.Errorf("xsam: Accumulate: %w", err)
	}
	spec, err := distributed.BuildSpec(mesh).S(axis).Done()
	if err != nil {
		return nil, fmt.Errorf("xsam: Accumulate: %w", err)
	}
	return &accumulated{scheduled: scheduled{Dataset: ds, optimizer: o, store: store}, n: n, cut: spec,
		checked: map[any]bool{}}, nil
}

// MicroSteps is the number of trainer steps that make up update number step, counted from 0, when batches are cut
// into n micro-batches: n for a plain step and for an ascent step with Ascent.Local, 2n for the others. A change of
// what is trained begins the warm-up again, which this does not know of.
func (c Config) MicroSteps(step int64, n int) int {
	return n * c.passes(c.kind(step, c.due(step)))
}

// passes is how often the micro-batches of a step go through the trainer.
func (c Config) passes(k Kind) int {
	if k == PlainStep || k == AscentStep && (c.Local || c.Ascent.byMomentum()) {
		return 1
	}
	return 2
}

// micro says which part of an update a trainer step is. Its zero value is all of it.
type micro struct {
	n      int  // micro-batches of an update; 0 where batches are not cut
	second bool // pass 2
	last   bool // the micro-batch with which the update is made
	end    bool // the last micro-batch of its pass
	check  int  // of the first one of all: its own inputs, after which come rows to compare; else 0
}

// accumulated yields every batch in its micro-batches, once for each pass.
type accumulated struct {
	scheduled
	n       int
	cut     *distributed.ShardingSpec
	checked map[any]bool // by Batch.Spec: the loss of a few rows has been compared with that of their parts
	tried   int          // how often
}

// Iter implements train.Dataset.
func (a *accumulated) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		next := a.marks()
		// An iteration before this one may have ended in between.
		if v := a.store.GetVariable(a.optimizer.home(a.store).path("accumulate", "count")); v != nil {
			if err := v.SetValue(tensors.FromScalar(int32(0))); err != nil {
				yield(train.Batch{}, fmt.Errorf("xsam: Accumulate: %w", err))
				return
			}
		}
		for batch, err := range a.Dataset.Iter() {
			if err != nil {
				yield(batch, err)
				return
			}
			m, err := next(batch.Spec)
			if err != nil {
				yield(batch, err)
				return
			}
			if !a.update(batch, m, yield) {
				return
			}
		}
	}
}

// update yields the parts of one update, and tells whether to go on.
func (a *accumulated) update(batch train.Batch, m mark, yield func(train.Batch, error) bool) bool {
	few, err := a.few(batch)
	if err != nil {
		yield(train.Batch{}, err)
		return false
	}
	parts, err := a.split(batch)
	if err != nil {
		yield(train.Batch{}, err)
		return false
	}
	passes := a.optimizer.config.passes(m.kind)
	began := -1 // what is trained in this update
	for pass := 1; pass <= passes; pass++ {
		for i, part := range parts {
			m.micro = micro{n: a.n, second: pass == 2, last: pass == passes && i == a.n-1, end: i == a.n-1}
			if pass < passes { // the trainer frees what it gets
				if part, err = part.Clone(); err != nil {
					yield(train.Batch{}, fmt.Errorf("xsam: Accumulate: %w", err))
					return false
				}
			}
			if few != nil {
				m.micro.check = len(part.Inputs)
				part.Inputs, few = append(part.Inputs, few...), nil
			}
			part.Spec = m
			if !yield(part, nil) {
				return false
			}
			if !m.micro.last {
				if began, err = a.trainsTheSame(began); err != nil {
					yield(train.Batch{}, err)
					return false
				}
			}
			if m.micro.check > 0 {
				if a.checked[m.user], err = a.check(); err != nil {
					yield(train.Batch{}, err)
					return false
				}
			}
		}
	}
	return true
}

// trainsTheSame fails where parameters were frozen or unfrozen since the first micro-batch of an update, in generation
// began, -1 for that one itself.
func (a *accumulated) trainsTheSame(began int) (int, error) {
	now, _, _ := a.optimizer.tracker(a.store).now(nil)
	if began >= 0 && now != began {
		return 0, errors.New("xsam: Accumulate: parameters were frozen or unfrozen in the middle of an update, between " +
			"micro-batches: do so between updates (MicroSteps says how many steps of the trainer make up one)")
	}
	return now, nil
}

// split cuts a batch, which it takes over. What the objective shares goes into every part.
func (a *accumulated) split(batch train.Batch) ([]train.Batch, error) {
	if _, err := forward.Rows(a.optimizer.objective, batch.Inputs, batch.Labels); err != nil {
		return nil, fmt.Errorf("xsam: Accumulate: %w", err)
	}
	parts := make([]train.Batch, a.n)
	for i, t := range batch.Inputs {
		cut, err := a.tensor(t, a.optimizer.objective.Shares(i))
		if err != nil {
			return nil, err
		}
		for j := range parts {
			parts[j].Inputs = append(parts[j].Inputs, cut[j])
		}
	}
	for i, t := range batch.Labels {
		cut, err := a.tensor(t, a.optimizer.objective.SharesLabel(i))
		if err != nil {
			return nil, err
		}
		for j := range parts {
			parts[j].Labels = append(parts[j].Labels, cut[j])
		}
	}
	return parts, nil
}

// tensor cuts one tensor of a batch.
func (a *accumulated) tensor(t *tensors.Tensor, shared bool) ([]*tensors.Tensor, error) {
	parts := make([]*tensors.Tensor, a.n)
	if shared {
		for i := range parts {
			var err error
			if parts[i], err = t.Clone(); err != nil {
				return nil, fmt.Errorf("xsam: Accumulate: %w", err)
			}
		}
		return parts, finalize(t)
	}
	cut, err := dtensor.ShardTensor(a.cut, t)
	if err != nil {
		return nil, fmt.Errorf("xsam: Accumulate: a batch of shape %s cannot be cut into %d micro-batches: want a first "+
			"axis that divides by it, or an input that Shared of the objective names (SharedLabels): %w", t.Shape(), a.n, err)
	}
	copy(parts, cut.Shards())
	return parts, finalize(t)
}

func finalize(t *tensors.Tensor) error {
	if err := t.FinalizeAll(); err != nil {
		return fmt.Errorf("xsam: Accumulate: %w", err)
	}
	return nil
}
