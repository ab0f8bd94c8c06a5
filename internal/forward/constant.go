package forward

import (
	"math"
	"reflect"

	"github.com/gomlx/gomlx/core/graph"
)

// constant is the number that n is, in all its entries, whatever the batch and the weights are; ok is false where it is
// no such number, or none that is easily seen.
func constant(n *graph.Node) (x float64, ok bool) { return fold(n, map[*graph.Node]folded{}) }

// folded is a number that is known, or not.
type folded struct {
	x  float64
	ok bool
}

// fold is constant, given the numbers of some nodes; it adds those that it finds.
func fold(n *graph.Node, given map[*graph.Node]folded) (float64, bool) {
	if f, done := given[n]; done {
		return f.x, f.ok
	}
	var f folded
	if value := n.ConstantValue(); value != nil {
		if value.Shape().Size() == 1 {
			f.x, f.ok = number(value.Value())
		}
	} else if op, known := foldable[n.Type()]; known {
		var x [2]float64
		f.ok = true
		for i, in := range n.Inputs() {
			xi, ok := fold(in, given)
			x[i], f.ok = xi, f.ok && ok
		}
		f.x = op(x[0], x[1])
		if n.Type() == graph.NodeTypeReduceSum {
			f.x *= float64(n.Inputs()[0].Shape().Size()) / float64(max(1, n.Shape().Size()))
		}
	}
	given[n] = f
	return f.x, f.ok
}

// foldable are the operations that fold knows, on one or two numbers.
var foldable = func() map[graph.NodeType]func(a, b float64) float64 {
	same := func(a, _ float64) float64 { return a }
	return map[graph.NodeType]func(a, b float64) float64{
		graph.NodeTypeReshape: same, graph.NodeTypeBroadcastInDim: same, graph.NodeTypeConvertDType: same,
		graph.NodeTypeIdentity: same, graph.NodeTypeReduceSum: same,
		graph.NodeTypeNeg:  func(a, _ float64) float64 { return -a },
		graph.NodeTypeAbs:  func(a, _ float64) float64 { return math.Abs(a) },
		graph.NodeTypeSqrt: func(a, _ float64) float64 { return math.Sqrt(a) },
		graph.NodeTypeAdd:  func(a, b float64) float64 { return a + b },
		graph.NodeTypeSub:  func(a, b float64) float64 { return a - b },
		graph.NodeTypeMul:  func(a, b float64) float64 { return a * b },
		graph.NodeTypeDiv:  func(a, b float64) float64 { return a / b },
		graph.NodeTypeMax:  math.Max, graph.NodeTypeMin: math.Min, graph.NodeTypePow: math.Pow,
	}
}()

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
	return alike(a, b, func(a, b *graph.Node) bool {
		if len(a.Inputs()) > 0 {
			return true
		}
		u, ok := constant(a)
		v, too := constant(b)
		return !ok || !too || u == v
	})
}

// alike tells whether two nodes are made by the same operations, and equal holds for each of them beside its partner.
func alike(a, b *graph.Node, equal func(a, b *graph.Node) bool) bool {
	seen := map[[2]*graph.Node]bool{}
	stack := [][2]*graph.Node{{a, b}}
	for len(stack) > 0 {
		pair := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if pair[0] == pair[1] || seen[pair] {
			continue
		}
		seen[pair] = true
		x, y := pair[0].Inputs(), pair[1].Inputs()
		if pair[0].Type() != pair[1].Type() || len(x) != len(y) || !equal(pair[0], pair[1]) {
			return false
		}
		for i := range x {
			stack = append(stack, [2]*graph.Node{x[i], y[i]})
		}
	}
	return true
}
