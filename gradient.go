package xsam

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/forward"
	"github.com/xsam-go/xsam/internal/paramvec"
)

// pass is one pass over the step's batch: the loss at a point, and its gradient there.
type pass struct {
	loss     *graph.Node
	gradient []*graph.Node
	value    forward.Value // the loss, with what it is made of; unknown of a pass over several micro-batches
}

// gradients are what a step knows of the loss before v comes in.
type gradients struct {
	loss  *graph.Node   // L(w), for reporting
	clean []*graph.Node // ∇L(w); nil where there is none: in a pair step, and along the momentum
	adv   []*graph.Node // g_adv, the gradient that is corrected
	pair  *pair         // nil outside a pair step
}

// cleanGradient is ∇L(w); in a pair step the mean of the pair stands for it.
func (g gradients) cleanGradient() []*graph.Node {
	if g.pair != nil {
		return g.pair.meanGradient()
	}
	return g.clean
}

// gradients makes the one or two passes that the kind of step asks for. loss is the one that the trainer has built:
// at w, or at w + r v in a pair step. ok is false where the batch comes in micro-batches and more of them are to
// come.
func (s *step) gradients(loss *graph.Node) (g gradients, ok bool) {
	first, second, ok := s.passes(loss)
	switch {
	case !ok:
		return gradients{}, false
	case s.mark.kind == PairStep:
		p := s.newPair(first, second)
		return gradients{loss: p.cleanLoss(), adv: p.adversarial(), pair: p}, true
	case s.mark.kind == AscentStep && s.config.Ascent.byMomentum(): // the trainer's own pass is at w + ε
		return gradients{loss: first.loss, adv: first.gradient}, true
	case s.mark.kind == AscentStep:
		return gradients{loss: first.loss, clean: first.gradient, adv: second.gradient}, true
	default: // PlainStep
		return gradients{loss: first.loss, clean: first.gradient, adv: first.gradient}, true
	}
}

// passes returns the first and, where the kind of step has one, the second pass over the whole batch.
func (s *step) passes(loss *graph.Node) (first, second pass, ok bool) {
	first = pass{loss, s.gradientOf(loss), forward.Taken(s.scope, s.g, loss)}
	switch {
	case s.mark.micro.n > 0:
		return s.collect(first)
	case s.mark.kind == AscentStep && !s.config.Ascent.byMomentum():
		second = s.passAt(s.ascent().from(first.gradient))
	case s.mark.kind == PairStep:
		second = s.passAt(inOrder(s.onSide(-1), first))
	}
	return first, second, true
}

// passAt builds the loss of the step's batch at w and its gradient there, without side effects; afterwards the
// variables are back at the step's own w. Where the model itself changes its weights in the forward pass, the gradient
// is the one at what it makes of w, as in the trainer's own pass.
func (s *step) passAt(w []*graph.Node) pass {
	forward.SetPoint(s.vars, outOfBlocks(w))
	value := s.objective.Evaluate(s.scope, s.g, s.batch)
	loss := value.Total
	if s.mark.micro.n > 0 { // an ascent of the micro-batch's own
		divisor, err := value.Divisor()
		if err != nil {
			exceptions.Panicf("xsam: Accumulate: %v", err)
		}
		loss = divisor.Part(loss)
	}
	gradient := s.gradientOf(loss)
	forward.SetPoint(s.vars, s.w)
	return pass{value.Total, gradient, value}
}

// outOfBlocks returns the point w of a pass as if it were given. To GoMLX the gradient of a model with blocks between
// Node.Checkpoint and Node.StopCheckpoint is part of them, and so is what is made of it: w + ε, and with it all of the
// pass there, of which it would take the derivatives by copies of its nodes.
func outOfBlocks(w []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(w))
	for i := range w {
		out[i] = w[i].StopCheckpoint()
	}
	return out
}

// gradientOf is the gradient at the point that the loss was built at; of weights in half precision in float32, as all
// that is made of it.
func (s *step) gradientOf(loss *graph.Node) []*graph.Node {
	return paramvec.Wide(graph.Gradient(loss, forward.Point(s.g, s.vars)...))
}

// onSide returns w + side·r·v.
func (s *step) onSide(side float64) []*graph.Node {
	return paramvec.AddScaled(s.w, graph.MulScalar(s.radius(), side), s.v)
}

// radius is r, longer where a bound on λ asks for it and no step ascends but along v.
func (s *step) radius() *graph.Node {
	return s.config.pairRadius(s.home, s.g, paramvec.DType(s.w))
}
