package forward

import (
	"reflect"

	"github.com/gomlx/gomlx/core/graph"
)

// constant is the number that all entries of n are, whatever the batch and the weights; ok is false where there is
// none, or none that is easily found.
func constant(n *graph.Node) (x float64, ok bool) {
	in := n.Inputs()
	switch n.Type() {
	case graph.NodeTypeConstant:
		value := n.ConstantValue()
		if value == nil || value.Shape().Size() != 1 {
			return 0, false
		}
		return number(value.Value())
	case graph.NodeTypeReshape, graph.NodeTypeBroadcastInDim, graph.NodeTypeConvertDType, graph.NodeTypeIdentity:
		return constant(in[0])
	case graph.NodeTypeNeg:
		x, ok = constant(in[0])
		return -x, ok
	case graph.NodeTypeAdd, graph.NodeTypeSub, graph.NodeTypeMul, graph.NodeTypeDiv:
		a, known := constant(in[0])
		b, too := constant(in[1])
		return binary(n.Type(), a, b), known && too
	}
	return 0, false
}

func binary(op graph.NodeType, a, b float64) float64 {
	switch op {
	case graph.NodeTypeAdd:
		return a + b
	case graph.NodeTypeSub:
		return a - b
	case graph.NodeTypeMul:
		return a * b
	default:
		return a / b
	}
}

// number is a scalar, or what a tensor of one entry has in it, as a float64.
func number(value any) (float64, bool) {
	if half, ok := value.(interface{ Float32() float32 }); ok {
		return float64(half.Float32()), true
	}
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Slice && v.Len() == 1 {
		v = v.Index(0)
	}
	if half, ok := v.Interface().(interface{ Float32() float32 }); ok {
		return float64(half.Float32()), true
	}
	if float := reflect.TypeFor[float64](); v.CanConvert(float) {
		return v.Convert(float).Float(), true
	}
	return 0, false
}

// isZero tells whether n is the constant 0.
func isZero(n *graph.Node) bool {
	x, ok := constant(n)
	return ok && x == 0
}

// sameConstants tells whether two nodes, built by the same program, have the same numbers in them.
func sameConstants(a, b *graph.Node) bool {
	x, y := a.Inputs(), b.Inputs()
	if a == b || a.Type() != b.Type() || len(x) != len(y) {
		return a == b
	}
	if len(x) == 0 {
		u, ok := constant(a)
		v, too := constant(b)
		return !ok || !too || u == v
	}
	for i := range x {
		if !sameConstants(x[i], y[i]) {
			return false
		}
	}
	return true
}
