package program

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
)

// TrainBatches has the trainer take n batches of data, and calls after each, when the engine is done with it. An error
// of after ends it.
//
// This is what GoMLX's train.Loop does, but for its metrics: Loop fetches each of them from the engine after each step,
// which on a small net takes a tenth of the step's time. They are freed unread here, since the optimizer's Stats have
// the loss too.
func (p *Program) TrainBatches(data train.Dataset, n int, after func() error) error {
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
	return fmt.Errorf("program: %s ended after %d of %d batches", data.Name(), done, n)
}

// TimedFeed notes when a batch was handed to the trainer, so that a step's time holds neither the making of the batch
// nor the bookkeeping after the step.
type TimedFeed struct {
	train.Dataset
	Handed  time.Time
	Handing func() // called at that moment; may be nil
}

// Iter implements train.Dataset.
func (f *TimedFeed) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range f.Dataset.Iter() {
			if f.Handing != nil {
				f.Handing()
			}
			f.Handed = time.Now()
			if !yield(batch, err) {
				return
			}
		}
	}
}

// StepTimes keeps the times of steps by their kind: kinds differ in cost, and a median over all steps would be that of
// the most frequent kind alone.
type StepTimes struct{ Kinds map[string]*times }

// times are those of one kind of step: how many steps there were, and the newest times, in seconds.
type times struct {
	Steps  int
	Newest []float64
}

// keptTimes is the number of newest times of a kind over which its median is taken.
const keptTimes = 500

// Add takes in a step; its time may be NaN, where it means nothing.
func (s *StepTimes) Add(kind string, seconds float64) {
	if s.Kinds == nil {
		s.Kinds = map[string]*times{}
	}
	t := s.Kinds[kind]
	if t == nil {
		t = &times{}
		s.Kinds[kind] = t
	}
	t.Steps++
	if math.IsNaN(seconds) {
		return
	}
	if len(t.Newest) == keptTimes {
		t.Newest = t.Newest[1:]
	}
	t.Newest = append(t.Newest, seconds)
}

// Median is the time of a step in seconds: the median of each kind, weighted with the number of its steps. It is NaN
// when a kind has no time.
func (s StepTimes) Median() float64 {
	var sum, steps float64
	for _, t := range s.Kinds {
		sum += float64(t.Steps) * Median(t.Newest)
		steps += float64(t.Steps)
	}
	return sum / steps
}

// Median is the middle one of values, or the mean of the middle two; NaN for no values.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// KindOf names the executable that a step ran: its kind, and whether it refreshed v on the way.
func KindOf(p xsam.StepStats) string {
	if p.Refreshed && p.Kind != xsam.PairStep {
		return p.Kind.String() + " with refresh"
	}
	return p.Kind.String()
}
