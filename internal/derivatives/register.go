package derivatives

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// missing are the operations that GoMLX has no derivative of.
var missing = map[graph.NodeType]graph.VJP{
	graph.NodeTypeIdentity:              single(identity),
	graph.NodeTypeRsqrt:                 single(rsqrt),
	graph.NodeTypeExpm1:                 single(expm1),
	graph.NodeTypeSign:                  single(sign),
	graph.NodeTypePad:                   single(pad),
	graph.NodeTypeReverse:               single(reverse),
	graph.NodeTypeSelectAndScatterMax:   single(selectAndScatter),
	graph.NodeTypeSelectAndScatterMin:   single(selectAndScatter),
	graph.NodeTypeBatchNormForInference: single(batchNormForInference),
	graph.NodeTypeBatchNormGradient:     batchNormGradient,
}

// unneeded are those of missing that a newer GoMLX has a derivative for: GoMLX's is used.
var unneeded []graph.NodeType

func init() {
	for nodeType, vjp := range missing {
		if graph.VJPRegistration[nodeType] != nil {
			unneeded = append(unneeded, nodeType)
			continue
		}
		graph.VJPRegistration[nodeType] = vjp
	}
	unless(graph.NodeTypeConvGeneral, func(y *graph.Node) func(v *graph.Node) []*graph.Node {
		if c := convolutionOf(y); !c.isBuiltIn() {
			return c.adjoints
		}
		return nil
	})
	unless(graph.NodeTypeReduceWindow, func(y *graph.Node) func(v *graph.Node) []*graph.Node {
		var p sumPooling
		if read(y, &p); !p.isBuiltIn(y) {
			return func(v *graph.Node) []*graph.Node { return p.adjoint(y, v) }
		}
		return nil
	})
}

// unless leaves the derivative of an operation to GoMLX, unless another one is given for the node y.
func unless(nodeType graph.NodeType, other func(y *graph.Node) func(v *graph.Node) []*graph.Node) {
	builtIn := graph.VJPRegistration[nodeType]
	graph.VJPRegistration[nodeType] = func(y *graph.Node, v []*graph.Node, shape shapes.Shape) []*graph.Node {
		if f := other(y); f != nil {
			return f(v[0])
		}
		return builtIn(y, v, shape)
	}
}

// single is the derivative of an operation with one result y: f maps v, the y-gradient, to the gradients of y's inputs.
func single(f func(y, v *graph.Node) []*graph.Node) graph.VJP {
	return func(y *graph.Node, v []*graph.Node, _ shapes.Shape) []*graph.Node { return f(y, v[0]) }
}
