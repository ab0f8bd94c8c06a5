package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// step is one step while its graph is being built.
type step struct {
	optimizer *Optimizer
	config    Config
	scope     *model.Scope
	g         *graph.Graph
	objective *forward.Objective
	batch     forward.Batch
	mark      mark
	vars      []*model.Variable // what is trained
	w         []*graph.Node     // its value when the step begins
	start     []*graph.Node     // where the update starts: w, or what the model itself has made of it
	kept      []*model.Variable // what holds v; nil when the configuration has no v
	v         []*graph.Node     // its value when the step begins
	home      home
	state     state
	exactly   *direction // of an exact refresh, once it was made
}

// begin collects what a step works on.
func (o *Optimizer) begin(scope *model.Scope, g *graph.Graph) *step {
	obj, batch, m := forward.Of(g)
	marked, ok := m.(mark)
	if !ok || marked.optimizer != o {
		exceptions.Panicf("xsam: a training batch was not marked with its kind of step (Batch.Spec = %v): "+
			"train on Optimizer.Schedule(store, dataset), the outermost wrapper of the training data", batch.Spec)
	}
	if o.objective != nil && o.objective != obj {
		exceptions.Panicf("xsam: the trainer runs another objective than the optimizer was made for: " +
			"pass the same one to xsam.New and, as ModelFn and LossFn, to train.NewTrainer")
	}
	s := &step{optimizer: o, config: o.config, scope: scope, g: g, objective: obj, batch: batch, mark: marked}
	s.home, s.vars = o.home(scope.Store()), o.prepare(scope, g, marked)
	s.w, s.start = forward.Origin(g, s.vars), startingPoint(g, s.vars)
	if o.config.refreshes() {
		s.kept = openEigenvector(s.home, s.vars)
		s.v = forward.Point(g, s.kept)
	}
	s.state = openState(s.home, g, paramvec.DType(s.w))
	return s
}

// prepare returns what a graph trains, with the state in the store prepared for it.
func (o *Optimizer) prepare(scope *model.Scope, g *graph.Graph, m mark) []*model.Variable {
	store, vars := scope.Store(), forward.Trainables(scope, g)
	var used []*model.Variable
	for v := range store.IterVariables() {
		if v.InUseByGraph(g) && v.DType().IsFloat() {
			used = append(used, v)
		}
	}
	o.tracker(store).building(m.user, used, vars)
	if err := o.settle(o.home(store), vars); err != nil {
		panic(err)
	}
	return vars
}

type startKey struct{}

// startingPoint is where the update starts. A model may change its own weights in the forward pass, clip them, say: the
// update goes on from there, as GoMLX's own do. Where the trainer's pass is at another point, displace has noted it.
func startingPoint(g *graph.Graph, vars []*model.Variable) []*graph.Node {
	if w, ok := g.State(startKey{}).([]*graph.Node); ok {
		return w
	}
	return forward.Point(g, vars)
}

// displace moves the forward pass that the trainer is about to build to the point of its pass: so that in a pair step
// it is one of the two, and with micro-batches the one of the micro-batch.
func (o *Optimizer) displace(scope *model.Scope, g *graph.Graph, m mark) {
	vars := o.prepare(scope, g, m)
	h, w := o.home(scope.Store()), forward.Origin(g, vars)
	g.AttachState(startKey{}, forward.Point(g, vars))
	up := ascent{config: o.config, home: h, vars: vars, w: w}
	openState(h, g, paramvec.DType(w)) // what a bound on λ asks for is read in its type
	if m.kind == AscentStep {
		up.m = o.config.strength(h, g)
	}
	if m.kind == PairStep || o.config.Mix > 0 && !m.raw {
		up.v = forward.Point(g, openEigenvector(h, vars))
	}
	switch {
	case m.kind == PairStep:
		radius := o.config.pairRadius(h, g, paramvec.DType(w))
		if m.micro.second {
			radius = graph.Neg(radius)
		}
		w = paramvec.AddScaled(w, radius, up.v)
	case o.config.Ascent.byMomentum():
		w = up.from(o.momentum(h.store, g, vars))
	default: // the second pass of an ascent
		first := openSums(h, vars, paramvec.DType(w), "first")
		w = up.from(forward.Point(g, first.gradient))
	}
	forward.SetPoint(vars, w)
	if m.micro.second {
		loadRandom(h, g, graph.SubScalar(openCount(h).NodeValue(g), m.micro.n), m.micro.n)
	}
}

// keep writes the state that the step leaves behind, and has the trainer report the clean loss.
func (s *step) keep(g gradients, d direction) {
	if d.estimate != nil {
		forward.SetPoint(s.kept, d.v)
		s.adaptInterval(d.estimate)
		s.limit(d.estimate)
		s.state.writeRefresh(d.estimate)
	}
	s.keepAverage(g)
	s.state.writeStep(g.loss, d.norm, d.c)
	s.countStep()
	if g.pair != nil || s.mark.micro.n > 0 {
		forward.SetReportedLoss(s.g, g.loss)
	}
}
