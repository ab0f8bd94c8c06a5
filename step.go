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
	kept      []*model.Variable // what holds v; nil when the configuration has no v
	v         []*graph.Node     // its value when the step begins
	state     state
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
	s.vars = forward.Trainables(scope, g)
	s.w = forward.Origin(g, s.vars)
	if o.config.refreshes() {
		s.kept = openEigenvector(scope.Store(), s.vars, o.config.Seed)
		s.v = forward.Point(g, s.kept)
	}
	s.state = openState(scope.Store(), g, paramvec.DType(s.w))
	return s
}

// displace moves the forward pass that the trainer is about to build to the point of its pass: so that in a pair step
// it is one of the two, and with micro-batches the one of the micro-batch.
func (o *Optimizer) displace(scope *model.Scope, g *graph.Graph, m mark) {
	store, vars := scope.Store(), forward.Trainables(scope, g)
	w := forward.Origin(g, vars)
	switch {
	case m.kind == PairStep:
		v, radius := forward.Point(g, openEigenvector(store, vars, o.config.Seed)), o.config.ProbeRadius
		if m.micro.second {
			radius = -radius
		}
		w = probePoint(w, v, radius)
	case o.config.Along == AlongMomentum:
		w = o.alongMomentum(store, g, vars, w)
	default: // the second pass of an ascent
		w = o.perturbed(w, typed(forward.Point(g, openSums(store, vars, paramvec.DType(w), "first").gradient), w))
	}
	forward.SetPoint(vars, w)
	if m.micro.second {
		loadRandom(store, g, graph.SubScalar(openCount(store).NodeValue(g), m.micro.n), m.micro.n)
	}
}

// keep writes the state that the step leaves behind, and has the trainer report the clean loss.
func (s *step) keep(g gradients, d direction) {
	if d.estimate != nil {
		forward.SetPoint(s.kept, d.v)
		s.adaptInterval(d.estimate)
		s.state.writeRefresh(d.estimate)
	}
	s.state.writeStep(g.loss, d.norm, d.c)
	if g.pair != nil || s.mark.micro.n > 0 {
		forward.SetReportedLoss(s.g, g.loss)
	}
}
