package xsam

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// A training whose loss rises is about to be lost, or has left the place where the last v was measured. With L the loss
// of a step's batch, L₀ the first of them and L̲ the lowest running loss so far,
//
//	L̄ ← 0.8 L̄ + 0.2 L
//	risen from L̄ > L̲ + 0.1 |L₀| on, until L̄ ≤ L̲ − 0.1 |L̲|    L̲ stays as it is meanwhile
//
// Steps outside the phase, or before there is a v, have no part in it; a loss that is not finite changes nothing.
const (
	risenMemory = 0.8
	risenBy     = 0.1 // of L₀
	fallenBy    = 0.1 // of L̲
)

// Entries of the variable.
const (
	risenLoss   = iota // L̄; NaN before the first step
	risenLowest        // L̲
	risenFirst         // L₀
	risenNow           // 1 while the loss has risen, else 0
	risenEntries
)

// hasRisen takes the loss of the step in and tells whether the running loss has risen.
func (s *step) hasRisen(loss *graph.Node) *graph.Node {
	v := s.home.variable("risen", s.state.refresh.DType(), []int{risenEntries},
		[]float64{math.NaN(), math.NaN(), math.NaN(), 0})
	old := v.NodeValue(s.g)
	loss = graph.ConvertDType(loss, v.DType())
	begun := graph.IsFinite(entry(old, risenLoss))
	since := func(i int) *graph.Node { return graph.Where(begun, entry(old, i), loss) }
	was := graph.GreaterThan(entry(old, risenNow), graph.ZerosLike(loss))

	running := graph.Add(graph.MulScalar(since(risenLoss), risenMemory), graph.MulScalar(loss, 1-risenMemory))
	lowest, first := since(risenLowest), since(risenFirst)
	above := graph.GreaterThan(running, graph.Add(lowest, graph.MulScalar(graph.Abs(first), risenBy)))
	below := graph.LessOrEqual(running, graph.Sub(lowest, graph.MulScalar(graph.Abs(lowest), fallenBy)))
	known := graph.IsFinite(loss)
	risen := graph.Where(known, graph.Where(was, graph.LogicalNot(below), above), was)
	lowest = graph.Where(risen, lowest, graph.Min(lowest, running))

	next := vector(v.DType(), running, lowest, first, graph.ConvertDType(risen, v.DType()))
	v.SetNodeValue(graph.Where(graph.BroadcastToShape(known, next.Shape()), next, old))
	return risen
}

// risen tells whether the loss had risen in the last step.
func (o *Optimizer) risen(h home) (bool, error) {
	if !o.config.bounds() || o.config.Bound != WhileFalling || h.store.GetVariable(h.path("risen")) == nil {
		return false, nil
	}
	entries, err := readState(h, "risen")
	if err != nil {
		return false, err
	}
	return entries[risenNow] > 0, nil
}
