package derivatives

import "github.com/gomlx/gomlx/core/graph"

type (
	rightKey           struct{}
	batchStatisticsKey struct{}
)

// Right says of a graph that its gradients are to be right where GoMLX's own are not. In other graphs they are what
// GoMLX makes of them, to the bit.
func Right(g *graph.Graph) { g.AttachState(rightKey{}, true) }

func right(g *graph.Graph) bool { return g.State(rightKey{}) != nil }

// UseBatchStatistics says of a graph that batch norm is to normalise with the mean and variance of its own input, with
// derivatives that pass through them, though the rest of the model is built as in evaluation. layers.BatchNorm asks for
// it. That of GoMLX gets its batch's statistics in phase 0 of train.BatchNormalizationUpdatePhase, but holds them
// constant: the derivative of its operation goes by this.
func UseBatchStatistics(g *graph.Graph) { g.AttachState(batchStatisticsKey{}, true) }

// UsesBatchStatistics tells whether it has been said.
func UsesBatchStatistics(g *graph.Graph) bool { return g.State(batchStatisticsKey{}) != nil }
