package xsam

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// accumulatePath is where the sums of an update under way are kept.
func accumulatePath(name string) string { return model.JoinPath(Scope, "accumulate", name) }

// sums are the mean loss and the mean gradient of one pass so far.
type sums struct {
	loss     *model.Variable
	gradient []*model.Variable
}

// openSums returns those of the first or the second pass, creating them when they are missing.
func openSums(store *model.Store, vars []*model.Variable, dtype dtypes.DType, pass string) sums {
	s := sums{loss: stateVariable(store, accumulatePath(pass+"/loss"), dtype, nil, []float64{0})}
	for _, v := range vars {
		zero := make([]float64, v.Shape().Size())
		s.gradient = append(s.gradient, stateVariable(store, accumulatePath(pass+v.Path()), stateDType(v),
			v.Shape().Dimensions, zero))
	}
	return s
}

// add returns the sums with one more micro-batch of n; begin is true in the first one of a pass.
func (s sums) add(g *graph.Graph, begin *graph.Node, part pass, n int) pass {
	grow := func(v *model.Variable, part *graph.Node) *graph.Node {
		old := v.NodeValue(g)
		return graph.Add(graph.Where(begin, graph.ZerosLike(old), old), graph.DivScalar(graph.ConvertDType(part,
			v.DType()), float64(n)))
	}
	total := pass{loss: grow(s.loss, part.loss)}
	for i, gi := range part.gradient {
		total.gradient = append(total.gradient, grow(s.gradient[i], gi))
	}
	return total
}

// collect adds a pass over the micro-batch to that of the whole batch. With the last micro-batch it returns the
// passes over the whole batch; ok is false before.
func (s *step) collect(part pass) (first, second pass, ok bool) {
	m, store, dtype := s.mark.micro, s.scope.Store(), paramvec.DType(s.w)
	if s.mark.kind == AscentStep && s.config.Local {
		part.gradient = s.passAt(s.optimizer.perturbed(s.w, part.gradient)).gradient
	}
	forward.SetPoint(s.vars, s.w)
	firstSums := openSums(store, s.vars, dtype, "first")
	here := firstSums
	if m.second {
		forward.LeaveNoTrace(store, s.g)
		here = openSums(store, s.vars, dtype, "second")
	}
	count := openCount(store)
	now := count.NodeValue(s.g)
	sum := here.add(s.g, graph.Equal(now, graph.Scalar(s.g, dtypes.Int32, s.beginning())), part, m.n)
	if !m.second {
		saveRandom(store, s.g, now, m.n)
	}
	if !m.last {
		here.loss.SetNodeValue(sum.loss)
		forward.SetPoint(here.gradient, sum.gradient)
		count.SetNodeValue(graph.AddScalar(now, 1))
		return first, second, false
	}
	count.SetNodeValue(graph.ZerosLike(now))
	sum.gradient = typed(sum.gradient, s.w)
	if !m.second { // a single pass; with local ascents it is the one at their points
		return sum, sum, true
	}
	return pass{firstSums.loss.NodeValue(s.g), typed(forward.Point(s.g, firstSums.gradient), s.w)}, sum, true
}

// beginning is the count at which the micro-batch's pass begins.
func (s *step) beginning() int {
	if s.mark.micro.second {
		return s.mark.micro.n
	}
	return 0
}

// typed gives each x the type of its parameter.
func typed(x, w []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(x))
	for i := range x {
		out[i] = graph.ConvertDType(x[i], w[i].DType())
	}
	return out
}

// openCount is the number of micro-batches of the update that are done.
func openCount(store *model.Store) *model.Variable {
	path := accumulatePath("count")
	v := store.GetVariable(path)
	if v == nil {
		v = store.VariableWithValue(path, int32(0))
	}
	return v.SetTrainable(false)
}

// randomPath is where GoMLX keeps the state of its random numbers; there is none in a store whose models draw none.
var randomPath = model.JoinPath(model.RootScopePath, model.RNGStateVariableName)

// saveRandom keeps the random state with which micro-batch i of n began.
func saveRandom(store *model.Store, g *graph.Graph, i *graph.Node, n int) {
	random := store.GetVariable(randomPath)
	if random == nil || !random.InUseByGraph(g) {
		return
	}
	kept := openRandom(store, random, n)
	old := kept.NodeValue(g)
	incoming := graph.BroadcastToShape(graph.ExpandAxes(g.GetParameterByName(random.Path()), 0), old.Shape())
	kept.SetNodeValue(graph.Where(isRow(i, old), incoming, old))
}

// loadRandom sets the random state to the one with which micro-batch i of n began in the first pass.
func loadRandom(store *model.Store, g *graph.Graph, i *graph.Node, n int) {
	random := store.GetVariable(randomPath)
	if random == nil || !random.InUseByGraph(g) {
		return
	}
	kept := openRandom(store, random, n).NodeValue(g)
	random.SetNodeValue(graph.ReduceMax(graph.Where(isRow(i, kept), kept, graph.ZerosLike(kept)), 0))
}

// isRow is true in row i of something of x's shape.
func isRow(i, x *graph.Node) *graph.Node {
	rows := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, x.Shape().Dimensions...), 0)
	return graph.Equal(rows, graph.BroadcastToShape(i, rows.Shape()))
}

func openRandom(store *model.Store, random *model.Variable, n int) *model.Variable {
	path := accumulatePath("random")
	v := store.GetVariable(path)
	if v == nil || v.Shape().Dim(0) != n {
		size := random.Shape().Size()
		v = store.VariableWithValue(path, tensors.FromFlatDataAndDimensions(make([]uint64, n*size), n, size))
	}
	return v.SetTrainable(false)
}
