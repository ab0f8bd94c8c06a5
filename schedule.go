package xsam

import (
	"fmt"
	"iter"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/forward"
)

// Kind is one of the three kinds of step of which every schedule is made.
type Kind int

const (
	// PlainStep takes the gradient at w.
	PlainStep Kind = iota
	// AscentStep takes it at w + ε, as SAM does: two gradients.
	AscentStep
	// PairStep takes it at w + r v and w − r v: two gradients, which also give the new v, λ and its derivative.
	PairStep
)

var kindNames = names{"plain", "ascent", "pair"}

func (k Kind) String() string { return kindNames.of(int(k)) }

// refreshes tells whether v is estimated at all. Exact products serve what uses v alone: without it there are none.
func (c Config) refreshes() bool {
	return c.Refresh.Every > 0 && !(c.By == ByExact && !c.usesV())
}

// ascends tells whether there are steps with an ascent.
func (c Config) ascends() bool { return c.Rho > 0 && c.Ascent.Every > 0 }

// usesV tells whether the correction or the ascent has a use for v.
func (c Config) usesV() bool { return c.Alpha > 0 && c.Form != SurrogateGap || c.Mix > 0 }

// due tells whether v is refreshed in a step t, counted from 0, where the interval is fixed. With p = t mod
// EpochSteps, or t:
//
//	t < Warmup or p mod Every = 0, but with ByExact not at p = 0
//
// in the phase. The warm-up is counted from its begin, the interval from step 0.
func (c Config) due(step int64) bool { return c.dueSince(step, 0) }

// dueSince is due where the warm-up begins at step since.
func (c Config) dueSince(step, since int64) bool {
	return c.refreshes() && c.active(step) && (step < c.begins(since)+int64(c.Refresh.Warmup) || c.inTurn(step))
}

// inTurn tells whether a step is one at which v is refreshed, if it is at all.
func (c Config) inTurn(step int64) bool {
	p := step
	if c.EpochSteps > 0 {
		p %= int64(c.EpochSteps)
	}
	first := p == 0 && c.By == ByExact
	return p%int64(c.Refresh.Every) == 0 && !first
}

// raw tells whether the gradient of a step stays as it is: neither its length is set nor is it corrected. There are two
// such cases:
//
//	outside the phase
//	before the first refresh since step since, or the one that there would be if α were not 0: there is no v yet
func (c Config) raw(step, since int64) bool {
	if !c.active(step) {
		return true
	}
	if c.Refresh.Warmup > 0 || c.Refresh.Every == 0 {
		return false
	}
	for t := c.begins(since); t <= step; t++ { // the first one is not far
		if c.inTurn(t) {
			return false
		}
	}
	return true
}

// kind returns the kind of a step, in which v is refreshed or not. Ascents are at step mod Ascent.Every = 0. With
// ByPair a refresh is a pair step and takes the place of any other kind; else it is extra work in an ascent or plain
// step.
func (c Config) kind(step int64, refresh bool) Kind {
	switch {
	case refresh && c.By == ByPair:
		return PairStep
	case c.active(step) && c.Rho > 0 && c.Ascent.Every > 0 && step%int64(c.Ascent.Every) == 0:
		return AscentStep
	default:
		return PlainStep
	}
}

// mark is what Schedule puts around each batch's own Spec. Trainer compiles one executable per distinct value.
type mark struct {
	optimizer *Optimizer
	kind      Kind
	refresh   bool
	raw       bool // before the first refresh, or outside the phase
	off       bool // outside the phase
	trained   int  // the generation of what is trained (trained.go)
	micro     micro
	user      any
}

var _ forward.Mark = mark{}

func (m mark) UserSpec() any { return m.user }
func (m mark) Displaces() bool {
	return m.kind == PairStep || m.kind == AscentStep && m.optimizer.config.Ascent.byMomentum() || m.micro.second
}

// OwnInputs is 0, or how many inputs are the batch's own.
func (m mark) OwnInputs() int { return m.micro.check }

// Displace moves the trainer's own forward pass to the point of the pass that it is.
func (m mark) Displace(scope *model.Scope, g *graph.Graph) { m.optimizer.displace(scope, g, m) }

func (m mark) String() string {
	return fmt.Sprintf("xsam step(kind=%v refresh=%v raw=%v off=%v micro=%+v data=%v)", m.kind, m.refresh, m.raw, m.off,
		m.micro, m.user)
}

// Schedule wraps the training data set, outermost, and marks the kind of step each batch is for. The kind follows
// from the number of steps that the store has on record when an iteration begins, so that a resumed run keeps its
// phase. With Refresh.Most it also follows from what the step before has measured: a batch must be asked for when
// that step is done, as GoMLX's Loop does. Evaluation data needs no wrapper. A data set that is a
// train.DistributedDataset stays one.
func (o *Optimizer) Schedule(store *model.Store, ds train.Dataset) train.Dataset {
	s := &scheduled{Dataset: ds, optimizer: o, store: store}
	if distributed, ok := ds.(train.DistributedDataset); ok {
		return &distributedScheduled{DistributedDataset: distributed, scheduled: s}
	}
	return s
}

type scheduled struct {
	train.Dataset
	optimizer *Optimizer
	store     *model.Store
}

// marks returns a function that gives each batch's Spec its mark, in turn.
func (s *scheduled) marks() func(spec any) (mark, error) {
	o, h, tracker := s.optimizer, s.optimizer.home(s.store), s.optimizer.tracker(s.store)
	step, since, seen, settled := int64(-1), int64(0), -1, uint64(0)
	return func(spec any) (mark, error) {
		if err := o.own(s.store); err != nil {
			return mark{}, err
		}
		generation, trained, changes := tracker.now(spec)
		if changes != seen || trained.fingerprint != settled {
			if trained.variables != nil {
				if err := o.settle(h, trained.variables); err != nil {
					return mark{}, err
				}
			}
			progress, err := h.progress()
			if err != nil {
				return mark{}, err
			}
			if step < 0 { // batches may be asked for ahead of the steps, so these are counted here
				step = progress[progressSteps]
			}
			since, seen, settled = progress[progressSince], changes, trained.fingerprint
		}
		refresh, err := o.due(h, step, since)
		m := mark{optimizer: o, kind: o.config.kind(step, refresh), refresh: refresh,
			raw: o.config.raw(step, since), off: !o.config.active(step), trained: generation, user: spec}
		step++
		return m, err
	}
}

// Iter implements train.Dataset.
func (s *scheduled) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		next := s.marks()
		for batch, err := range s.Dataset.Iter() {
			if err == nil {
				batch.Spec, err = next(batch.Spec)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

type distributedScheduled struct {
	train.DistributedDataset
	scheduled *scheduled
}

// Iter implements train.Dataset.
func (d *distributedScheduled) Iter() iter.Seq2[train.Batch, error] { return d.scheduled.Iter() }

// DistributedIter implements train.DistributedDataset.
func (d *distributedScheduled) DistributedIter() iter.Seq2[train.DistributedBatch, error] {
	return func(yield func(train.DistributedBatch, error) bool) {
		next := d.scheduled.marks()
		for batch, err := range d.DistributedDataset.DistributedIter() {
			if err == nil {
				batch.Spec, err = next(batch.Spec)
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}
