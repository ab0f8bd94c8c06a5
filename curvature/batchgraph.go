package curvature

import (
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// batchGraph is a graph with one batch of a Problem in it, while it is being built.
type batchGraph struct {
	*Problem
	scope *model.Scope
	g     *graph.Graph
	batch forward.Batch
}

// value builds the objective at the current point.
func (s *batchGraph) value() forward.Value { return s.objective.Evaluate(s.scope, s.g, s.batch) }

// measured is the value of the loss that the options ask for.
func (s *batchGraph) measured() forward.Value {
	if s.options.Regularization {
		return s.value()
	}
	return s.value().OnlyMain()
}

// loss is the scalar that the options ask for.
func (s *batchGraph) loss() *graph.Node { return s.chosen(s.value()) }

func (s *batchGraph) chosen(v forward.Value) *graph.Node {
	if !s.options.Regularization {
		v = v.OnlyMain()
	}
	if s.uncounted { // of a batch in which nothing counts the loss is its numerator
		return must(v.Divisor()).PartAndRest(v.Total)
	}
	return v.Total
}

// point returns the current values of the parameters.
func (s *batchGraph) point() []*graph.Node { return forward.Point(s.g, s.variables) }

// trainables are the variables that the options ask for, without empty ones.
func (s *batchGraph) trainables() []*model.Variable {
	var chosen []*model.Variable
	prefix := strings.TrimSuffix(s.options.Scope, "/")
	for _, v := range forward.Trainables(s.scope, s.g) {
		if v.Shape().Size() == 0 {
			continue
		}
		if prefix == "" || v.Path() == prefix || strings.HasPrefix(v.Path(), prefix+"/") {
			chosen = append(chosen, v)
		}
	}
	return chosen
}

// drawsRandomNumbers tells whether the graph draws random numbers.
func (s *batchGraph) drawsRandomNumbers() bool {
	random := forward.RandomState(s.store)
	return random != nil && random.InUseByGraph(s.g)
}

// displace moves the parameters to w + d, for a flat d, and returns them.
func (s *batchGraph) displace(d *graph.Node) []*graph.Node {
	w := paramvec.Add(forward.Point(s.g, s.variables), s.split(d))
	forward.SetPoint(s.variables, w)
	return w
}

// split cuts a flat vector into nodes shaped and typed like the parameters.
func (s *batchGraph) split(flat *graph.Node) []*graph.Node {
	parts := make([]*graph.Node, len(s.variables))
	for i, v := range s.variables {
		part := graph.Slice(flat, graph.AxisRange(s.offsets[i], s.offsets[i+1]))
		parts[i] = graph.ConvertDType(graph.Reshape(part, v.Shape().Dimensions...), v.DType())
	}
	return parts
}

// join makes one flat vector of nodes shaped like the parameters.
func (s *batchGraph) join(parts []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(parts))
	for i, part := range parts {
		flat[i] = graph.ConvertDType(graph.Reshape(part, part.Shape().Size()), s.dtype)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return graph.Concatenate(flat, 0)
}
