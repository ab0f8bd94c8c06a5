package xsam

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/metric"
)

const metricDType = dtypes.Float32

// Metrics returns what a step measures as metrics for train.NewTrainer, so that GoMLX's progress bar and plots show it:
//
//	λ      of the last refresh, vᵀHv; NaN before it
//	∠(g,v) the angle between g_adv and v in degrees, 0 to 180; NaN without v
//	‖g‖    ‖g_adv‖, before the correction
//
// They go into trainMetrics; on evaluation data they have no meaning.
func (o *Optimizer) Metrics() []metric.Interface {
	last := func(name string, i int) func(scope *model.Scope, g *graph.Graph) *graph.Node {
		return func(scope *model.Scope, g *graph.Graph) *graph.Node {
			v := scope.Store().GetVariable(o.home(scope.Store()).path(name))
			if v == nil {
				return graph.Scalar(g, metricDType, math.NaN())
			}
			return graph.ConvertDType(entry(v.NodeValue(g), i), metricDType)
		}
	}
	lambda, norm, along := last("refresh", refreshLambda), last("step", stepGradNorm), last("step", stepAlongV)
	angle := func(scope *model.Scope, g *graph.Graph) *graph.Node {
		c, n := along(scope, g), norm(scope, g)
		across := graph.Sqrt(graph.MaxScalar(graph.Sub(graph.Square(n), graph.Square(c)), 0))
		return graph.MulScalar(graph.Atan2(across, c), 180/math.Pi)
	}
	made := func(name, short, kind string, of func(*model.Scope, *graph.Graph) *graph.Node) metric.Interface {
		return metric.NewBaseMetric(name, short, kind, func(scope *model.Scope, _, predictions []*graph.Node) *graph.Node {
			return of(scope, predictions[0].Graph())
		}, nil)
	}
	return []metric.Interface{
		made("Largest eigenvalue λ", "λ", "lambda", lambda),
		made("Angle between gradient and v", "∠(g,v)", "angle", angle),
		made("Gradient norm", "‖g‖", "gradient norm", norm),
	}
}
