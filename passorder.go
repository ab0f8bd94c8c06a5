package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// These change no result. The first two fix the order in which XLA computes: docs/decisions/004.

// inOrder returns the point w of a pass, delayed until the pass before it is done. Without it XLA would hold the
// activations of both.
func inOrder(w []*graph.Node, before pass) []*graph.Node { return paramvec.After(w, before.gradient) }

// whole returns g, delayed until all of it is computed. Otherwise XLA updates the first weights during the backward
// pass, which takes longer where passes hold much.
func whole(g []*graph.Node) []*graph.Node { return paramvec.After(g, g) }

// apart returns the point w of a pass as if it were given. To GoMLX the gradient of a model with blocks between
// Node.Checkpoint and Node.StopCheckpoint is part of them, and so is what is made of it: w + ε, and with it all of the
// pass there, of which it would take the derivatives by copies of its nodes.
func apart(w []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(w))
	for i := range w {
		out[i] = w[i].StopCheckpoint()
	}
	return out
}
