package xsam

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// sums are what a pass over micro-batches i = 1, 2, … has summed up so far, with dᵢ what the loss of micro-batch i
// divides by, a function f of sums sᵢ over its rows (forward.Divisor):
//
//	Σᵢ dᵢ·Lᵢ,  Σᵢ dᵢ·∇Lᵢ,  Σᵢ sᵢ    Lᵢ without what does not depend on the batch, where that counts apart
//
// With the last one they give the loss and the gradient of the whole batch, divided by f(Σᵢ sᵢ).
type sums struct {
	loss     *model.Variable
	gradient []*model.Variable
	divisor  *model.Variable // Σᵢ sᵢ; nil where the loss divides by nothing
}

// openSums returns those of the first or the second pass, creating them when they are missing.
func openSums(h home, vars []*model.Variable, dtype dtypes.DType, pass string) sums {
	name := func(path string) string { return model.JoinPath("accumulate", pass, path) }
	s := sums{loss: h.variable(name("loss"), dtype, nil, []float64{0})}
	for _, v := range vars {
		zero := make([]float64, v.Shape().Size())
		path := name(model.JoinPath("gradient", v.Path()))
		s.gradient = append(s.gradient, h.variable(path, stateDType(v), v.Shape().Dimensions, zero))
	}
	return s
}

// openDivisor adds the sums that the divisor is made of.
func (s *sums) openDivisor(h home, dtype dtypes.DType, pass string, n int) {
	if n == 0 {
		return
	}
	name := model.JoinPath("accumulate", pass, fmt.Sprintf("divisor%d", n)) // the losses of several tasks may differ in n
	s.divisor = h.variable(name, dtype, []int{n}, make([]float64, n))
}

// add returns the sums with one more micro-batch; begin is true in the first one of a pass.
func (s sums) add(begin *graph.Node, part pass, d forward.Divisor) (total pass, divisor []*graph.Node) {
	g := begin.Graph()
	grow := func(v *model.Variable, part *graph.Node) *graph.Node {
		old := v.NodeValue(g)
		return graph.Add(graph.Where(begin, graph.ZerosLike(old), old), graph.ConvertDType(part, v.DType()))
	}
	weigh := func(v *model.Variable, part *graph.Node) *graph.Node {
		return grow(v, d.Times(graph.ConvertDType(part, v.DType())))
	}
	total.loss = weigh(s.loss, part.loss)
	for i, gi := range part.gradient {
		total.gradient = append(total.gradient, weigh(s.gradient[i], gi))
	}
	if s.divisor != nil {
		total := grow(s.divisor, graph.Stack(d.Sums, 0))
		for i := range d.Sums {
			divisor = append(divisor, entry(total, i))
		}
	}
	return total, divisor
}

// over divides what was summed up by what the loss of the whole batch divides by; a batch in which nothing counts has
// the loss 0.
func (p pass) over(divisor *graph.Node) pass {
	inverse := over(graph.OnesLike(divisor), divisor)
	out := pass{loss: graph.Mul(p.loss, graph.ConvertDType(inverse, p.loss.DType()))}
	for _, gi := range p.gradient {
		out.gradient = append(out.gradient, graph.Mul(gi, graph.ConvertDType(inverse, gi.DType())))
	}
	return out
}

// plus adds two parts of a loss.
func (p pass) plus(q pass) pass {
	out := pass{loss: graph.Add(p.loss, graph.ConvertDType(q.loss, p.loss.DType()))}
	for i, gi := range p.gradient {
		out.gradient = append(out.gradient, graph.Add(gi, graph.ConvertDType(q.gradient[i], gi.DType())))
	}
	return out
}

// collect adds a pass over the micro-batch to that of the whole batch. With the last micro-batch it returns the
// passes over the whole batch; ok is false before.
func (s *step) collect(part pass) (first, second pass, ok bool) {
	m, store, dtype := s.mark.micro, s.scope.Store(), paramvec.DType(s.w)
	if s.optimizer.objective == nil && s.objective.SharesAny() {
		exceptions.Panicf("xsam: Accumulate: an optimizer that was made by name cannot know which inputs a batch shares: " +
			"make it with xsam.New")
	}
	divisor, err := part.value.Divisor()
	if err != nil {
		exceptions.Panicf("xsam: Accumulate: %v", err)
	}
	if loss := divisor.Part(part.loss); loss != part.loss {
		part.loss, part.gradient = loss, s.gradientOf(loss)
	}
	if s.mark.kind == AscentStep && s.config.Local {
		if divisor.Rest != nil {
			exceptions.Panicf("xsam: Accumulate with Ascent.Local: the loss is a sum, or a mean over what a mask leaves, and " +
				"has a regularisation that does not depend on the batch, which each micro-batch would add: leave it to the base " +
				"optimizer (weight decay)")
		}
		part.gradient = s.passAt(s.ascent().from(part.gradient)).gradient
	}
	name := "first"
	if v := forward.ReadBack(store, s.g, part.loss); v != nil {
		exceptions.Panicf("xsam: Accumulate: the model writes %s from the batch and the loss reads it, so that a "+
			"micro-batch changes the loss of the next one: a batch cannot be cut for such a model", v.Path())
	}
	switch { // what belongs to an update happens in its last micro-batch
	case m.second && m.last:
		name = "second"
		forward.LeaveUpdates(store, s.g)
	case m.second:
		name = "second"
		forward.LeaveNoTrace(store, s.g)
	case !m.last:
		forward.SetBackUpdates(store, s.g)
	}
	if m.check > 0 {
		if err := s.compareParts(); err != nil {
			exceptions.Panicf("xsam: Accumulate: %v", err)
		}
	}
	here := openSums(s.home, s.vars, dtype, name)
	here.openDivisor(s.home, dtype, name, len(divisor.Sums))
	count := openCount(s.home)
	now := count.NodeValue(s.g)
	begin := graph.Equal(now, graph.Scalar(s.g, dtypes.Int32, s.beginning()))
	sum, total := here.add(begin, part, divisor)
	if !m.second {
		saveRandom(s.home, s.g, now, m.n)
	}
	if m.end {
		sum = sum.over(divisor.At(total))
		if divisor.Rest != nil {
			sum = sum.plus(pass{loss: divisor.Rest, gradient: s.gradientOf(divisor.Rest)})
		}
	}
	if !m.last {
		here.keep(sum, total)
		count.SetNodeValue(graph.AddScalar(now, 1))
		forward.SetPoint(s.vars, forward.Origin(s.g, s.vars))
		forward.DropHooks(store, s.g)
		forward.SetReportedLoss(s.g, part.loss)
		return first, second, false
	}
	count.SetNodeValue(graph.ZerosLike(now))
	if !m.second { // a single pass; with local ascents it is the one at their points
		return sum, sum, true
	}
	before := openSums(s.home, s.vars, dtype, "first")
	return pass{loss: before.loss.NodeValue(s.g), gradient: forward.Point(s.g, before.gradient)}, sum, true
}

// keep writes the sums for the next micro-batch.
func (s sums) keep(sum pass, divisor []*graph.Node) {
	s.loss.SetNodeValue(sum.loss)
	forward.SetPoint(s.gradient, sum.gradient)
	if s.divisor != nil {
		s.divisor.SetNodeValue(vector(s.divisor.DType(), divisor...))
	}
}

// beginning is the count at which the micro-batch's pass begins.
func (s *step) beginning() int {
	if s.mark.micro.second {
		return s.mark.micro.n
	}
	return 0
}

// openCount is the number of micro-batches of the update that are done.
func openCount(h home) *model.Variable {
	path := h.path("accumulate", "count")
	v := h.store.GetVariable(path)
	if v == nil {
		v = h.store.VariableWithValue(path, int32(0))
	}
	return v.SetTrainable(false)
}

// saveRandom keeps the random state with which micro-batch i of n began.
func saveRandom(h home, g *graph.Graph, i *graph.Node, n int) {
	random := forward.RandomState(h.store)
	if random == nil || !random.InUseByGraph(g) {
		return
	}
	kept := openRandom(h, random, n)
	old := kept.NodeValue(g)
	incoming := graph.BroadcastToShape(graph.ExpandAxes(g.GetParameterByName(random.Path()), 0), old.Shape())
	kept.SetNodeValue(graph.Where(isRow(i, old), incoming, old))
}

// loadRandom sets the random state to the one with which micro-batch i of n began in the first pass.
func loadRandom(h home, g *graph.Graph, i *graph.Node, n int) {
	random := forward.RandomState(h.store)
	if random == nil || !random.InUseByGraph(g) {
		return
	}
	kept := openRandom(h, random, n).NodeValue(g)
	random.SetNodeValue(graph.ReduceMax(graph.Where(isRow(i, kept), kept, graph.ZerosLike(kept)), 0))
}

// isRow is true in row i of something of x's shape.
func isRow(i, x *graph.Node) *graph.Node {
	rows := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, x.Shape().Dimensions...), 0)
	return graph.Equal(rows, graph.BroadcastToShape(i, rows.Shape()))
}

func openRandom(h home, random *model.Variable, n int) *model.Variable {
	path := h.path("accumulate", fmt.Sprintf("random%d", n)) // another optimizer on the store may cut in other numbers
	v := h.store.GetVariable(path)
	if v == nil {
		size := random.Shape().Size()
		v = h.store.VariableWithValue(path, tensors.FromFlatDataAndDimensions(make([]uint64, n*size), n, size))
	}
	return v.SetTrainable(false)
}

// Scratch returns the variables of a store that hold the sums of an update under way (Accumulate). A checkpoint that is
// saved between updates can do without them: checkpoint.Build(store).ExcludeVars(opt.Scratch(store)...).
func (o *Optimizer) Scratch(store *model.Store) []*model.Variable {
	var scratch []*model.Variable
	for v := range store.Scope(o.home(store).path("accumulate")).IterVariables() {
		scratch = append(scratch, v)
	}
	return scratch
}
