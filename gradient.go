package xsam

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/objective"
)

// gradients are what a step knows of the loss before v comes in.
type gradients struct {
	loss  *graph.Node   // L(w), for reporting
	clean []*graph.Node // ∇L(w); nil in a pair step
	adv   []*graph.Node // g_adv, the gradient that is corrected
	pair  *pair         // nil outside a pair step
}

// gradients takes the one or two gradients that the kind of step asks for. loss is the one that the trainer has built:
// at w, or at w + r v in a pair step. Where batches are cut into micro-batches, ok is false until the last one.
func (s *step) gradients(loss *graph.Node) (grads gradients, ok bool) {
	s.sideBySide = holdsLittle(loss, s.w)
	switch {
	case s.mark.micro.n > 0:
		return s.accumulate(loss)
	case s.mark.kind == Pair:
		plus := graph.Gradient(loss, objective.Point(s.g, s.vars)...)
		lossMinus, minus := s.gradientAt(s.afterPass(s.probe(-1), plus))
		p := s.newPair(loss, plus, lossMinus, minus)
		return gradients{loss: p.cleanLoss(), adv: p.adversarial(), pair: p}, true
	case s.mark.kind == Ascent:
		clean := graph.Gradient(loss, s.w...)
		_, adv := s.gradientAt(paramvec.Add(s.w, s.optimizer.perturb(s.w, clean)))
		return gradients{loss: loss, clean: clean, adv: adv}, true
	default: // Plain
		clean := graph.Gradient(loss, s.w...)
		return gradients{loss: loss, clean: clean, adv: clean}, true
	}
}

// gradientAt builds the loss of the step's batch at w and its gradient there, without side effects; afterwards the
// variables are back at the step's own w.
func (s *step) gradientAt(w []*graph.Node) (loss *graph.Node, gradient []*graph.Node) {
	objective.SetPoint(s.vars, w)
	loss = s.objective.Evaluate(s.scope, s.g, s.batch).Total
	gradient = graph.Gradient(loss, w...)
	objective.SetPoint(s.vars, s.w)
	return loss, gradient
}

// afterPass returns w for a pass that does not depend on the one before it, with that gradient. It begins when that one is done, or XLA
// would hold the activations of both. Side by side they are faster, where they hold little; then only the last layer waits, for the
// gradient of the other pass there: so that is ahead on its way back, and has done with some of its activations when this one turns.
func (s *step) afterPass(w, gradient []*graph.Node) []*graph.Node {
	if !s.sideBySide {
		return paramvec.After(w, gradient)
	}
	w, last := slices.Clone(w), lastLayer(gradient)
	w[last] = paramvec.After(w[last:last+1], gradient[last:last+1])[0]
	return w
}

// holdsLittle tells whether a pass to the loss holds little beside the weights w: a step's momentum, and the weights, before and after
// it, and two copies of v are six times the weights, of which 5 % are a second pass's to take (docs/decisions/004).
func holdsLittle(loss *graph.Node, w []*graph.Node) bool {
	const little = 0.05 * 6
	return float64(held(loss)) <= little*float64(paramvec.ByteSize(w))
}

// lastLayer is the index of that array of two or more axes whose gradient was made first, for the way back begins at the last layer; 0
// where there is none.
func lastLayer(gradient []*graph.Node) int {
	last := -1
	for i, gi := range gradient {
		if gi.Rank() > 1 && (last < 0 || gi.Id() < gradient[last].Id()) {
			last = i
		}
	}
	return max(last, 0)
}

// held is about the number of bytes that a pass to the loss keeps for the way back: the results of its products and convolutions, and
// of what goes into a convolution copies, turned around. What comes of the results number by number takes their place or is computed again.
func held(loss *graph.Node) int64 {
	var sum int64
	seen := map[*graph.Node]bool{loss: true}
	for open := []*graph.Node{loss}; len(open) > 0; {
		node := open[len(open)-1]
		open = open[:len(open)-1]
		switch node.Type() {
		case graph.NodeTypeDotGeneral:
			sum += node.Shape().ByteSize()
		case graph.NodeTypeConvGeneral:
			sum += node.Shape().ByteSize() + paramvec.ByteSize(node.Inputs())
		}
		for _, input := range node.Inputs() {
			if !seen[input] {
				seen[input] = true
				open = append(open, input)
			}
		}
	}
	return sum
}

// probe returns w + side·r·v.
func (s *step) probe(side float64) []*graph.Node {
	return probePoint(s.w, s.v, side*s.config.ProbeRadius)
}

func probePoint(w, v []*graph.Node, radius float64) []*graph.Node {
	return paramvec.AddScaled(w, graph.Scalar(w[0].Graph(), paramvec.DType(w), radius), v)
}
