package derivatives

import "github.com/gomlx/gomlx/core/graph"

type (
	rightKey           struct{}
	batchStatisticsKey struct{}
)

// Right marks a graph in which gradients are corrected where GoMLX's own are wrong. Other graphs keep GoMLX's
// gradients, to the bit.
func Right(g *graph.Graph) { g.AttachState(rightKey{}, true) }

func right(g *graph.Graph) bool { return g.State(rightKey{}) != nil }

// UseBatchStatistics marks a graph in which batch norm normalises with the mean and variance of its own input, with
// derivatives that pass through them, though the rest of the model is built as in evaluation. layers.BatchNorm looks at
// the mark. GoMLX's batch norm gets its batch's statistics in phase 0 of train.BatchNormalizationUpdatePhase, but holds
// them constant; in a marked graph its derivative passes through them.
func UseBatchStatistics(g *graph.Graph) { g.AttachState(batchStatisticsKey{}, true) }

// UsesBatchStatistics tells whether a graph has that mark.
func UsesBatchStatistics(g *graph.Graph) bool { return g.State(batchStatisticsKey{}) != nil }
