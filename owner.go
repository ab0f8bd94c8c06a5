package xsam

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
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

// owners holds numbers of optimizers and not the optimizers, and no store: neither is kept alive by it.
var (
	owners     = map[place]uint64{}
	ownersMu   sync.Mutex
	optimizers atomic.Uint64 // made so far
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
	owner, known := owners[here]
	if owner == o.number {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.owned[here.store] {
		return fmt.Errorf("xsam: two optimizers take turns on one store, and both keep v and their steps under %s: "+
			"give one of them a place of its own: opt = opt.InScope(\"/xsam2\")", o.scope)
	}
	if !known {
		runtime.AddCleanup(store, disown, here)
	}
	owners[here], o.owned[here.store] = o.number, true
	return nil
}

// disown forgets a place whose store is gone.
func disown(here place) {
	ownersMu.Lock()
	defer ownersMu.Unlock()
	delete(owners, here)
}
