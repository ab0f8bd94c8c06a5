package xsam

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// The store has a record of how far the optimizer has come,
//
//	progress = (steps made, step since which it trains the same parameters, which parameters these are)
//
// The optimizer counts its own steps: GoMLX's global step counts those of all optimizers of a store.

// Entries of the variable, all int64.
const (
	progressSteps = iota
	progressSince
	progressTrained
	progressEntries
)

// openProgress returns the variable. A store from before there was one goes on at GoMLX's global step.
func openProgress(h home) *model.Variable {
	v := h.store.GetVariable(h.path("progress"))
	if v == nil {
		initial := make([]int64, progressEntries)
		if h.store.GetVariable(h.path("step")) != nil {
			initial[progressSteps] = optimizer.GetGlobalStep(h.store)
		}
		v = h.store.VariableWithValue(h.path("progress"), tensors.FromFlatDataAndDimensions(initial, progressEntries))
	}
	return v.SetTrainable(false)
}

// progress reads it on the host.
func (h home) progress() (entries []int64, err error) {
	value, err := openProgress(h).Value()
	if err == nil {
		entries, err = tensors.CopyFlatData[int64](value)
	}
	if err != nil {
		return nil, fmt.Errorf("xsam: reading the number of steps made: %w", err)
	}
	return entries, nil
}

// now is the number of the step, counted from 0; sinceBegin that since the phase began, or what is trained was last
// changed in it.
func (s *step) now() *graph.Node { return s.progress(progressSteps) }

func (s *step) sinceBegin() *graph.Node {
	since := s.progress(progressSince)
	if from := s.config.From; from > 0 {
		since = graph.MaxScalar(since, from)
	}
	return graph.Sub(s.now(), since)
}

func (s *step) progress(i int) *graph.Node {
	return entry(openProgress(s.home).NodeValue(s.g), i)
}

// countStep notes that a step more was made.
func (s *step) countStep() {
	v := openProgress(s.home)
	one := make([]int64, progressEntries)
	one[progressSteps] = 1
	v.SetNodeValue(graph.Add(v.NodeValue(s.g), graph.Const(s.g, one)))
}

// SkipTo counts steps as made, up to number step: for a program that has undone updates (restored an earlier state of
// the store) and goes on with the next batch, so that the kinds of the steps follow the batches as before. Iterations
// of Schedule that are under way have counted them already.
func (o *Optimizer) SkipTo(store *model.Store, step int64) error {
	h := o.home(store)
	entries, err := h.progress()
	if err != nil {
		return err
	}
	entries[progressSteps] = step
	return openProgress(h).SetValue(tensors.FromFlatDataAndDimensions(entries, progressEntries))
}
