package xsam

import (
	"slices"
	"sync"
	"weak"

	"github.com/gomlx/gomlx/ml/model"
)

// tracker follows, on the host, which parameters of a store are trainable, so that a change of them has graphs of its
// own: GoMLX's trainer would go on with those that train what was trainable when they were built.
type tracker struct {
	mu         sync.Mutex
	used       []*model.Variable         // what graphs were built with
	generation int                       // of the current set of trainable ones
	of         map[uint64]int            // sets that graphs were built for
	trained    map[int][]*model.Variable // what these graphs train
	changes    int                       // how often any of this has changed
	probed     bool                      // the probe radius was held against the weights (probe.go)
}

// first sets *done, one of the tracker's, and tells whether it was not set.
func (t *tracker) first(done *bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := *done
	*done = true
	return !was
}

// now returns the generation of what is trainable now, what its graphs train if there are any, and how often this has
// changed.
func (t *tracker) now() (generation int, trained []*model.Variable, changes int) {
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
	return t.generation, t.trained[t.generation], t.changes
}

// building notes that a graph is built that uses some variables and trains some of them.
func (t *tracker) building(used, trained []*model.Variable) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changes++
	for _, v := range used {
		if !slices.Contains(t.used, v) {
			t.used = append(t.used, v)
		}
	}
	if t.of == nil {
		t.of, t.trained = map[uint64]int{}, map[int][]*model.Variable{}
	}
	t.of[t.set()], t.trained[t.generation] = t.generation, trained
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
