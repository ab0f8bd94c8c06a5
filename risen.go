package xsam

import (
	"errors"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// A training whose loss rises is about to be lost, or has left the place where the last v was measured. With L the loss
// of a step's batch and L₀ the first of them,
//
//	s ← 0.99 s + 0.01 |L − L̄|                   from 0 on: how far batches scatter
//	L̄ ← 0.8 L̄ + 0.2 L
//	L̲ ← L̲ + 0.002 (L̄ − L̲) where L̄ is above, else L̄    the lowest lately; no lower while it has risen
//	risen from L̄ > L̲ + max(2.5 s, 0.1 |L₀|) on, until L̄ ≤ L̲ − 0.1 |L̲|
//
// with s as it was before the step. Where the loss stays higher for good L̲ follows it. Steps outside the phase, or
// before there is a v, have no part in it; a loss that is not finite changes nothing.
const (
	risenMemory  = 0.8
	risenScatter = 0.99
	risenForgets = 0.002
	risenNoise   = 2.5 // times s
	risenBy      = 0.1 // of L₀
	fallenBy     = 0.1 // of L̲
)

// Entries of the variable.
const (
	risenLoss   = iota // L̄; NaN before the first step
	risenLowest        // L̲
	risenFirst         // L₀
	risenSpread        // s
	risenNow           // 1 while the loss has risen, else 0
	risenEntries
)

// notRisen is the variable before the first step.
func notRisen() []float64 { return []float64{math.NaN(), math.NaN(), math.NaN(), 0, 0} }

// hasRisen takes the loss of the step in and tells whether the running loss has risen.
func (s *step) hasRisen(loss *graph.Node) *graph.Node {
	v := s.home.variable("rise", s.state.refresh.DType(), []int{risenEntries}, notRisen())
	old := v.NodeValue(s.g)
	loss = graph.ConvertDType(loss, v.DType())
	begun := graph.IsFinite(entry(old, risenLoss))
	since := func(i int) *graph.Node { return graph.Where(begun, entry(old, i), loss) }
	was := graph.GreaterThan(entry(old, risenNow), graph.ZerosLike(loss))
	towards := func(a, b *graph.Node, memory float64) *graph.Node {
		return graph.Add(graph.MulScalar(a, memory), graph.MulScalar(b, 1-memory))
	}

	running, lowest, first := towards(since(risenLoss), loss, risenMemory), since(risenLowest), since(risenFirst)
	low := graph.Min(running, towards(lowest, running, 1-risenForgets))
	low = graph.Where(graph.LogicalAnd(was, graph.LessThan(running, lowest)), lowest, low)
	scatter := entry(old, risenSpread)
	height := graph.Max(graph.MulScalar(scatter, risenNoise), graph.MulScalar(graph.Abs(first), risenBy))
	above := graph.GreaterThan(running, graph.Add(low, height))
	still := graph.GreaterThan(running, graph.Sub(low, graph.MulScalar(graph.Abs(low), fallenBy)))
	risen := graph.Where(was, still, above)
	scatter = towards(scatter, graph.Abs(graph.Sub(loss, since(risenLoss))), risenScatter)

	known := graph.IsFinite(loss)
	next := vector(v.DType(), running, low, first, scatter, graph.ConvertDType(risen, v.DType()))
	v.SetNodeValue(graph.Where(graph.BroadcastToShape(known, next.Shape()), next, old))
	return graph.Where(known, risen, was)
}

// risen tells whether the loss had risen in the last step. It fails where a training was begun with the rule that had
// the variable "risen".
func (o *Optimizer) risen(h home) (bool, error) {
	if !o.config.bounds() || o.config.Bound != WhileFalling || h.store.GetVariable(h.path("rise")) == nil {
		return false, nil
	}
	if h.store.GetVariable(h.path("risen")) != nil {
		return false, errors.New("xsam: the training was begun with an earlier rule of the bound while-falling and would " +
			"go on with another: want a new training, or another bound")
	}
	entries, err := readState(h, "rise")
	if err != nil {
		return false, err
	}
	return entries[risenNow] > 0, nil
}
