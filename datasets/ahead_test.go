package datasets_test

import (
	"errors"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// counting yields the batches 0, 1, 2, … without end, or an error in place of the failing-th, and counts what it made.
type counting struct {
	failing int // -1: never
	made    []*tensors.Tensor
	ended   bool
}

var errNoBatch = errors.New("no batch")

func (c *counting) Name() string { return "counting" }

func (c *counting) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		defer func() { c.ended = true }()
		for i := int32(0); ; i++ {
			if int(i) == c.failing {
				yield(train.Batch{}, errNoBatch)
				return
			}
			input, label := tensors.FromValue([]float32{float32(i)}), tensors.FromValue([]int32{i})
			c.made = append(c.made, input, label)
			if !yield(train.Batch{Inputs: []*tensors.Tensor{input}, Labels: []*tensors.Tensor{label}, Spec: "kept"}, nil) {
				return
			}
		}
	}
}

// The batches that come through are those of the source, in its order, on the device.
func TestAhead(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		source, next := &counting{failing: -1}, int32(0)
		for batch, err := range datasets.Ahead(datasets.OnDevice(b, source)).Iter() {
			if err != nil {
				t.Fatal(err)
			}
			if !batch.Inputs[0].IsOnDevice(0) || !batch.Labels[0].IsOnDevice(0) {
				t.Errorf("batch %d is not on the device", next)
			}
			if x, y := batch.Inputs[0].Value().([]float32), batch.Labels[0].Value().([]int32); x[0] != float32(next) ||
				y[0] != next || batch.Spec != "kept" {
				t.Errorf("batch %d holds %v, %v and spec %v", next, x, y, batch.Spec)
			}
			if err := batch.Finalize(); err != nil {
				t.Fatal(err)
			}
			if next++; next == 100 {
				break
			}
		}
		// Iter has returned, so the source is not running any more, and what it made beyond the 100 is freed.
		if !source.ended {
			t.Error("the source goes on after the iteration has ended")
		}
		if n := len(source.made) / 2; n > 102 {
			t.Errorf("%d batches were made for 100: want at most two ahead", n)
		}
		for i, made := range source.made {
			if made.Ok() {
				t.Errorf("tensor %d of batch %d is left behind", i%2, i/2)
			}
		}
	})
}

// What keeps a batch from being made ends the iteration, after the batches before it.
func TestAheadPassesErrorsOn(t *testing.T) {
	source, good, failed := &counting{failing: 3}, 0, error(nil)
	for batch, err := range datasets.Ahead(source).Iter() {
		if err != nil {
			failed = err
			continue // an iteration that went on would show here
		}
		good++
		if err := batch.Finalize(); err != nil {
			t.Fatal(err)
		}
	}
	if good != 3 || !errors.Is(failed, errNoBatch) {
		t.Errorf("%d batches and error %v, want 3 and %v", good, failed, errNoBatch)
	}
}

// The next batch is made while this one is in use.
func TestAheadIsAhead(t *testing.T) {
	second := make(chan struct{})
	source := datasetFunc(func(yield func(train.Batch, error) bool) {
		if !yield(train.Batch{}, nil) {
			return
		}
		close(second)
		yield(train.Batch{}, nil)
	})
	for range datasets.Ahead(source).Iter() {
		select {
		case <-second:
		case <-time.After(time.Minute):
			t.Fatal("the second batch is not begun while the first is in use")
		}
	}
}

// Iterations that end early leave no goroutine behind.
func TestAheadLeavesNothingRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 50 {
		for batch := range datasets.Ahead(&counting{failing: -1}).Iter() {
			if err := batch.Finalize(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if after := runtime.NumGoroutine(); after > before+5 { // those of the runtime and of other tests come and go
		t.Errorf("%d goroutines before 50 iterations, %d after", before, after)
	}
}

type datasetFunc iter.Seq2[train.Batch, error]

func (f datasetFunc) Name() string                        { return "function" }
func (f datasetFunc) Iter() iter.Seq2[train.Batch, error] { return iter.Seq2[train.Batch, error](f) }
