package xsam

import (
	"fmt"
	"sync"
	"weak"

	"github.com/gomlx/gomlx/ml/model"
)

// The state of a store belongs to one optimizer at a time: that of another objective, or over other parameters, would
// correct along a v that is not its own. An optimizer that comes later takes over what is there, as one that resumes
// does; two that take turns are refused.

type place struct {
	store weak.Pointer[model.Store]
	scope string
}

var (
	owners   = map[place]*Optimizer{}
	ownersMu sync.Mutex
)

// InScope returns the optimizer that keeps its state under path in the store, in the place of Scope: for a second
// optimizer that trains on the same store in turn, such as that of the other network of a pair of adversaries. path
// begins with a slash.
func (o *Optimizer) InScope(path string) *Optimizer {
	return inScope(path, o.objective, o.base, o.config)
}

// own makes o the owner of its scope in the store, and fails when another has been since o was.
func (o *Optimizer) own(store *model.Store) error {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	here := place{weak.Make(store), o.scope}
	owner := owners[here]
	if owner == o {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if owner != nil && o.owned[here.store] {
		return fmt.Errorf("xsam: two optimizers take turns on one store, and both keep v and their steps under %s: "+
			"give one of them a place of its own: opt = opt.InScope(\"/xsam2\")", o.scope)
	}
	owners[here], o.owned[here.store] = o, true
	return nil
}

// tracker is the one of the store.
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

// Scratch returns the variables of a store that hold the sums of an update under way (Accumulate). A checkpoint that is
// saved between updates can do without them: checkpoint.Build(store).ExcludeVars(opt.Scratch(store)...).
func (o *Optimizer) Scratch(store *model.Store) []*model.Variable {
	var scratch []*model.Variable
	for v := range store.Scope(o.home(store).path("accumulate")).IterVariables() {
		scratch = append(scratch, v)
	}
	return scratch
}
