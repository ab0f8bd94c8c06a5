package onnx

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	gomlxlayers "github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
)

// operations are those that are built from package layers: in training form, and twice differentiable on every engine.
var operations map[string]func(w *walk, n *node) value

func init() { // build refers to them
	operations = map[string]func(w *walk, n *node) value{
		"Conv": conv, "BatchNormalization": batchNorm, "MaxPool": maxPool, "AveragePool": meanPool,
		"GlobalAveragePool": globalMeanPool, "Dropout": dropout, "Gemm": gemm, "Flatten": flatten, "Reshape": reshape,
		"Pad": pad, "Slice": slice, "Resize": resize,
		"Identity":  each(func(_ *node, x *graph.Node) *graph.Node { return x }),
		"Relu":      each(func(_ *node, x *graph.Node) *graph.Node { return layers.ReLU(x) }),
		"Tanh":      each(func(_ *node, x *graph.Node) *graph.Node { return graph.Tanh(x) }),
		"Sigmoid":   each(func(_ *node, x *graph.Node) *graph.Node { return graph.Sigmoid(x) }),
		"LeakyRelu": each(leakyReLU), "Clip": clip, "Sum": sum, "Cast": cast, "Gelu": each(gelu),
		"Add": both(graph.Add), "Sub": both(graph.Sub), "Mul": both(graph.Mul), "Div": both(graph.Div),
	}
}

// number is the value of a floating-point setting.
func (a attribute) number() float64 { return float64(math.Float32frombits(a.float)) }

// float is a setting of a node, or otherwise where the node lacks it.
func (n *node) float(name string, otherwise float64) float64 {
	if a, ok := n.attributes[name]; ok {
		return a.number()
	}
	return otherwise
}

// integer is a setting of a node, or otherwise where the node lacks it.
func (n *node) integer(name string, otherwise int) int {
	if a, ok := n.attributes[name]; ok {
		return int(a.integer)
	}
	return otherwise
}

// each is an operation on every number by itself, in whatever order the axes are.
func each(f func(n *node, x *graph.Node) *graph.Node) func(w *walk, n *node) value {
	return func(w *walk, n *node) value {
		x := w.get(n.input(0))
		return value{f(n, x.Node), x.last}
	}
}

// cast is Cast to whole numbers, whose derivative is 0; onnx-gomlx v0.5.2 lets it through. They are of one type, that
// of the constants.
func cast(w *walk, n *node) value {
	x := w.get(n.input(0))
	return value{graph.ConvertDType(graph.StopGradient(x.Node), dtypes.Int64), x.last}
}

func leakyReLU(n *node, x *graph.Node) *graph.Node {
	positive := layers.ReLU(x)
	return graph.Add(positive, graph.MulScalar(graph.Sub(x, positive), n.float("alpha", 0.01)))
}

// gelu is x·Φ(x), with Φ the normal distribution function, or with approximate="tanh" an approximation of Φ:
//
//	½x(1 + tanh(√(2/π)(x + 0.044715x³)))
func gelu(n *node, x *graph.Node) *graph.Node {
	switch of := n.attributes["approximate"].text; of {
	case "", "none":
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, math.Sqrt(0.5)))), 0.5))
	case "tanh":
	default:
		exceptions.Panicf("its approximation %q is unknown: want none or tanh", of)
	}
	inner := graph.MulScalar(graph.Add(x, graph.MulScalar(graph.Mul(x, graph.Square(x)), 0.044715)), math.Sqrt(2/math.Pi))
	return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Tanh(inner)), 0.5))
}

// both is an operation on two tensors, with broadcasting.
func both(f func(x, y *graph.Node) *graph.Node) func(w *walk, n *node) value {
	return func(w *walk, n *node) value { return w.get(n.input(0)).with(w.get(n.input(1)), f) }
}

// sum adds tensors, with broadcasting.
func sum(w *walk, n *node) value {
	all := w.get(n.input(0))
	for _, name := range n.inputs[1:] {
		all = all.with(w.get(name), graph.Add)
	}
	return all
}

// number is a constant of one value, through casts.
func (f *File) number(name string) (float64, bool) {
	for of := f.makers[name]; of != nil && (of.op == "Cast" || of.op == "Identity"); of = f.makers[name] {
		name = of.input(0)
	}
	t := f.constants[name]
	if t == nil || t.size() != 1 {
		return 0, false
	}
	return t.value(0), true
}

// clip is ReLU6 and the like: its bounds are constants. Where it holds a number its derivative is 0, at a bound too.
func clip(w *walk, n *node) value {
	x := w.get(n.input(0))
	bound := func(i int, name string, none float64) float64 {
		if x, ok := w.file.number(n.input(i)); ok {
			return x
		}
		if n.input(i) != "" {
			exceptions.Panicf("its bound %s is computed: want a constant", n.input(i))
		}
		return n.float(name, none)
	}
	y := x.Node
	at := func(bound float64) *graph.Node { return graph.Scalar(w.g, y.DType(), bound) }
	// The largest number, a default of old files, stands for no bound.
	if low := bound(1, "min", math.Inf(-1)); low > -math.MaxFloat32 {
		y = graph.Where(graph.LessOrEqual(y, at(low)), graph.Mul(at(low), graph.OnesLike(y)), y)
	}
	if high := bound(2, "max", math.Inf(1)); high < math.MaxFloat32 {
		y = graph.Where(graph.GreaterOrEqual(y, at(high)), graph.Mul(at(high), graph.OnesLike(y)), y)
	}
	return value{y, x.last}
}

// dropout drops units while the graph is training, at the rate of the file.
func dropout(w *walk, n *node) value {
	x := w.get(n.input(0))
	rate := n.float("ratio", 0.5)
	if name := n.input(1); name != "" {
		var constant bool
		if rate, constant = w.file.number(name); !constant {
			exceptions.Panicf("its rate %s is computed: want a constant", name)
		}
	}
	if !(rate >= 0 && rate < 1) {
		exceptions.Panicf("its rate is %v: want 0 ≤ rate < 1", rate)
	}
	return value{gomlxlayers.DropoutStatic(w.scope, x.Node, rate), x.last}
}

// gemm is αAB + βC, with A or B transposed: a dense layer.
func gemm(w *walk, n *node) value {
	a, b := w.get(n.input(0)).first(), w.get(n.input(1)).first()
	if a.Rank() != 2 || b.Rank() != 2 {
		exceptions.Panicf("it got %s and %s: want two matrices", a.Shape(), b.Shape())
	}
	if n.integer("transA", 0) != 0 {
		a = graph.Transpose(a, 0, 1)
	}
	if n.integer("transB", 0) != 0 {
		b = graph.Transpose(b, 0, 1)
	}
	y := graph.Dot(a, b).Product()
	if alpha := n.float("alpha", 1); alpha != 1 {
		y = graph.MulScalar(y, alpha)
	}
	if n.input(2) == "" {
		return value{y, false}
	}
	c := w.get(n.input(2)).first()
	if beta := n.float("beta", 1); beta != 1 {
		c = graph.MulScalar(c, beta)
	}
	for c.Rank() < 2 {
		c = graph.ExpandAxes(c, 0)
	}
	return value{graph.Add(y, c), false}
}

// flatten makes a matrix.
func flatten(w *walk, n *node) value {
	x := w.get(n.input(0)).first()
	axis := n.integer("axis", 1)
	if axis < 0 {
		axis += x.Rank()
	}
	if axis < 0 || axis > x.Rank() {
		exceptions.Panicf("axis %d of %s: there is none", axis, x.Shape())
	}
	rows := 1
	for _, d := range x.Shape().Dimensions[:axis] {
		rows *= d
	}
	return value{graph.Reshape(x, rows, -1), false}
}

// reshape has a constant shape. Where the file fixes the batch size, its first axis is that of the batch at hand.
func reshape(w *walk, n *node) value {
	x := w.get(n.input(0)).first()
	dims := w.file.constants[n.input(1)].whole()
	for i, d := range dims {
		if d == 0 && n.integer("allowzero", 0) == 0 && i < x.Rank() {
			dims[i] = x.Shape().Dim(i)
		}
	}
	fixed, batch := int(w.file.inputs[0].dims[0]), x.Shape().Dim(0)
	of := fixed > 0 && w.ofInput[n.input(0)] && len(dims) > 0 && dims[0] == fixed // examples
	if of && batch != fixed && !slices.Contains(dims, batch) {
		dims[0] = batch
	}
	free, size := -1, 1
	for i, d := range dims {
		if d == -1 && free < 0 {
			free = i
			continue
		}
		size *= d
	}
	total := x.Shape().Size()
	if free >= 0 && size > 0 && total%size == 0 {
		dims[free] = total / size
		size = total
	}
	if size != total || size < 1 {
		exceptions.Panicf("it cannot give %s the shape %v: a batch size may be fixed in the file: export it with dynamic "+
			"axes", x.Shape(), dims)
	}
	return value{graph.Reshape(x, dims...), false}
}
