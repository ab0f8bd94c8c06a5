package xsam

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/paramvec"
)

// What is here changes no result. It is there for XLA's sake, which decides by itself when it computes what:
// docs/decisions/004.

// inOrder returns the point w of a pass that does not depend on the one before it. It begins when that one is done,
// or XLA would hold the activations of both.
func inOrder(w []*graph.Node, before pass) []*graph.Node { return paramvec.After(w, before.gradient) }

// whole returns g, there when all of it is, as a corrected gradient is, since c takes all of it. XLA would update the
// first weights during the backward pass, which where passes hold much takes longer.
func whole(g []*graph.Node) []*graph.Node { return paramvec.After(g, g) }
