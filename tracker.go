package xsam

import (
	"slices"
	"sync"
	"weak"

	"github.com/gomlx/gomlx/ml/model"
)

// tracker follows, on the host, which parameters of a store are trainable, so that a change of them has graphs of its
// own: GoMLX's trainer would go on with those that train what was trainable when they were built.
//
// Each set of trainable parameters has a number, its generation. With a and b trained it is 0; b is frozen: {a} is new
// and gets 1; b is unfrozen: {a, b} is known and gets 0 again, and with it the graphs of before.
type tracker struct {
	mu            sync.Mutex
	used          []*model.Variable // what graphs were built with
	generation    int               // of the current set of trainable ones
	of            map[uint64]int    // sets that graphs were built for
	trained       map[trains]parameters
	changes       int               // how often any of this has changed
	latest        []*model.Variable // what the last graph trains
	radiusChecked bool              // the probe radius was held against the weights
}

// latestOnce returns what the last graph trains, once.
func (t *tracker) latestOnce() []*model.Variable {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.radiusChecked {
		return nil
	}
	t.radiusChecked = len(t.latest) > 0
	return t.latest
}

// trains says for what a graph was built: a model may have other parameters for another Batch.Spec, a head for each
// task.
type trains struct {
	generation int
	spec       any
}

// parameters are what graphs train.
type parameters struct {
	variables   []*model.Variable
	fingerprint uint64
}

// now returns the generation of what is trainable now, what its graphs for a Batch.Spec train if there are any, and how
// often this has changed.
func (t *tracker) now(spec any) (generation int, trained parameters, changes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.of) > 0 {
		known, ok := t.of[t.set()]
		if !ok {
			for _, g := range t.of {
				known = max(known, g+1)
			}
		}
		if known != t.generation {
			t.generation = known
			t.changes++
		}
	}
	return t.generation, t.trained[trains{t.generation, spec}], t.changes
}

// building notes that a graph is built that uses some variables and trains some of them.
func (t *tracker) building(spec any, used, trained []*model.Variable) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changes++
	for _, v := range used {
		if !slices.Contains(t.used, v) {
			t.used = append(t.used, v)
		}
	}
	if t.of == nil {
		t.of, t.trained = map[uint64]int{}, map[trains]parameters{}
	}
	t.of[t.set()], t.latest = t.generation, trained
	t.trained[trains{t.generation, spec}] = parameters{trained, fingerprint(trained)}
}

// set is the fingerprint of what is trainable now.
func (t *tracker) set() uint64 {
	var trainable []*model.Variable
	for _, v := range t.used {
		if v.Trainable {
			trainable = append(trainable, v)
		}
	}
	return fingerprint(trainable)
}

// tracker is the one of a store.
func (o *Optimizer) tracker(store *model.Store) *tracker {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := weak.Make(store)
	t := o.trackers[at]
	if t == nil {
		t = &tracker{}
		o.trackers[at] = t
	}
	return t
}
