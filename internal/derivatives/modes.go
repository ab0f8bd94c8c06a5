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

// UseBatchStatistics says of a graph that GoMLX's batch norm gets the mean and variance of its own input in it, where
// it is built as in inference (as in phase 0 of train.BatchNormalizationUpdatePhase, which holds them constant):
// derivatives then pass through them.
func UseBatchStatistics(g *graph.Graph) { g.AttachState(batchStatisticsKey{}, true) }

func usesBatchStatistics(g *graph.Graph) bool { return g.State(batchStatisticsKey{}) != nil }
