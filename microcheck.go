package xsam

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
)

// The first micro-batch of an iteration is cut once more, into halves, in an executable of its own: a loss that the two
// halves do not give is not one that micro-batches can give. What it finds is kept in the store for the host, which
// looks at it before the second micro-batch.

// compareParts keeps the loss of the micro-batch as it is, and as its halves make it.
func (s *step) compareParts() {
	kept := openParts(s.home)
	whole, joined, ok, err := s.objective.Parts(s.scope, s.g, s.batch,
		func(v forward.Value) *graph.Node { return v.Total })
	if err != nil || !ok { // the error is the one that collect reports; a loss that is random cannot be compared
		kept.SetNodeValue(graph.ZerosLike(kept.NodeValue(s.g)))
		return
	}
	kept.SetNodeValue(vector(kept.DType(), whole, joined))
}

func openParts(h home) *model.Variable {
	return h.variable("accumulate/parts", dtypes.Float64, []int{2}, []float64{0, 0})
}

// checkParts reports, after the first micro-batch, that the loss cannot be accumulated.
func checkParts(h home) error {
	parts, err := readState(h, "accumulate/parts")
	if err != nil {
		return err
	}
	whole, joined := parts[0], parts[1]
	if err := openParts(h).SetValue(tensorOf(dtypes.Float64, []int{2}, []float64{0, 0})); err != nil {
		return fmt.Errorf("xsam: Accumulate: %w", err)
	}
	switch forward.Relate(whole, joined) {
	case forward.Joins:
		return nil
	case forward.IsSum:
		return fmt.Errorf("xsam: Accumulate: the loss of a micro-batch, %.6g, is twice the mean of its halves: it is a sum "+
			"over the rows: say so with objective.New(...).Sum(), or have it return a mean", whole)
	default:
		return fmt.Errorf("xsam: Accumulate: the loss of a micro-batch, %.6g, is not what its halves give, %.6g: "+
			"it compares the rows of a batch, or an input is not one row for each example (say which with "+
			"objective.New(...).Shared), or it divides by something else than what was found (say what with DividedBy): "+
			"a batch cannot be cut for such a loss", whole, joined)
	}
}
