package layers

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/derivatives"
)

// An adjoint maps v, the gradient of a scalar with respect to a node's output, to its gradients with respect to the
// node's inputs, in their order; nil stands for no gradient.
//
// It needs the parameters of the operation (strides, paddings), which GoMLX does not export. So an adjoint here is a
// closure that is made together with its node and remembered by the graph.
type adjoint func(v *graph.Node) []*graph.Node

// adjoints of the nodes of a graph that this package made, kept in the graph's state.
type adjoints map[graph.NodeId]adjoint

type adjointsKey struct{}

// withAdjoint sets the adjoint of a node, whose operation must be one of hooked, and returns the node.
func withAdjoint(node *graph.Node, f adjoint) *graph.Node {
	g := node.Graph()
	table, ok := g.State(adjointsKey{}).(adjoints)
	if !ok {
		table = adjoints{}
		g.AttachState(adjointsKey{}, table)
	}
	table[node.Id()] = f
	return node
}

// composite returns y as a function of the inputs with the given adjoint: derivatives do not look at how y was
// computed.
//
// A scheduling barrier is a node with the value of its first operand that also depends on the others. It costs about
// one pass over y.
func composite(y *graph.Node, f adjoint, inputs ...*graph.Node) *graph.Node {
	return withAdjoint(graph.SchedulingBarrier(y, inputs...), func(v *graph.Node) []*graph.Node {
		return append([]*graph.Node{nil}, f(v)...)
	})
}

// compositeOfLarge is composite for a y that is used long after it is computed, as a kernel gradient in the update. XLA
// would take the number of each input that a barrier needs where y is used, and hold the input until then. So here the
// barrier depends on sums of a few numbers of each, which XLA computes once; the gradients of the inputs, which the
// barrier's adjoint makes, are handed on by the slices that are summed.
func compositeOfLarge(y *graph.Node, f adjoint, inputs ...*graph.Node) *graph.Node {
	var gradients []*graph.Node // of the derivative that is being taken: the barrier comes before its inputs
	sums := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		first := make([]graph.SliceAxisSpec, x.Rank())
		for axis := range first {
			first[axis] = graph.AxisRange(0, 1)
		}
		last := x.Rank() - 1
		first[last] = graph.AxisRange(0, min(8, x.Shape().Dim(last)))
		few := withAdjoint(graph.Slice(x, first...), func(*graph.Node) []*graph.Node { return gradients[i : i+1] })
		if few.DType() == dtypes.Float16 { // in which a sum may be more than there is, here and in the barrier
			few = graph.MulScalar(graph.ConvertDType(few, dtypes.Float32), 1e-6)
		}
		sums[i] = graph.ReduceAllSum(few)
	}
	return withAdjoint(graph.SchedulingBarrier(y, sums...), func(v *graph.Node) []*graph.Node {
		gradients = f(v)
		none := []*graph.Node{nil}
		for _, sum := range sums {
			none = append(none, graph.ZerosLike(sum))
		}
		return none
	})
}

// hooked are the operations that get adjoints: their registered gradient is missing or slower.
var hooked = []graph.NodeType{
	graph.NodeTypeConvGeneral,
	graph.NodeTypeReverse,
	graph.NodeTypeSlice,
	graph.NodeTypePad,
	graph.NodeTypeConcatenate,

	graph.NodeTypeSchedulingBarrier, // see composite
}

// The gradient of a hooked operation is the node's own adjoint if it has one, else what GoMLX or package derivatives
// has registered. (This package imports it, so it has registered before.) GoMLX copies the nodes of a block between
// Node.Checkpoint and Node.StopCheckpoint, and a copy has no adjoint of its own. Of a convolution in a graph that has
// adjoints, which may be such a copy, the general derivative of package derivatives is taken: GoMLX's is wrong for even
// kernels.
func init() {
	for _, nodeType := range hooked {
		builtIn := graph.VJPRegistration[nodeType]
		graph.VJPRegistration[nodeType] = func(node *graph.Node, v []*graph.Node, shape shapes.Shape) []*graph.Node {
			if table, ok := node.Graph().State(adjointsKey{}).(adjoints); ok {
				if f := table[node.Id()]; f != nil {
					return f(v[0])
				}
				if nodeType == graph.NodeTypeConvGeneral {
					return derivatives.OfConvolution(node, v[0])
				}
			}
			if builtIn == nil {
				exceptions.Panicf("no gradient is defined for %s: use the operations of package layers", node)
			}
			return builtIn(node, v, shape)
		}
	}
}
