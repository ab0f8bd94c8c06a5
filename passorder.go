package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// These two change no result. They fix the order in which XLA computes: docs/decisions/004.

// inOrder returns the point w of a pass, delayed until the pass before it is done. Without it XLA would hold the
// activations of both.
func inOrder(w []*graph.Node, before pass) []*graph.Node { return paramvec.After(w, before.gradient) }

// whole returns g, delayed until all of it is computed. Otherwise XLA updates the first weights during the backward
// pass, which takes longer where passes hold much.
func whole(g []*graph.Node) []*graph.Node { return paramvec.After(g, g) }
