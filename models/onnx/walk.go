package onnx

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
)

// walk builds the network node after node.
type walk struct {
	*Net
	scope   *model.Scope
	g       *graph.Graph
	values  map[string]value
	numbers map[string]*numbers // that are known
}

func newWalk(n *Net, scope *model.Scope, x *graph.Node) *walk {
	w := &walk{Net: n, scope: scope, g: x.Graph(), values: map[string]value{},
		numbers: map[string]*numbers{}}
	in := value{x, true}
	switch len(n.file.inputs[0].dims) {
	case 2:
		in = value{graph.Reshape(in.first(), x.Shape().Dim(0), -1), false}
	case seriesRank:
		channels, length := n.series()
		in = value{graph.Reshape(x, x.Shape().Dim(0), channels, length), false}
	}
	w.values[n.file.inputs[0].name] = in
	for _, of := range n.nodes {
		if n.own(of) {
			w.build(of)
		}
	}
	return w
}

// settled are operations that are built here where their inputs after the first are known.
var settled = map[string]bool{"Pad": true, "Slice": true, "Resize": true}

// wholeTypes are the types of whole numbers.
var wholeTypes = []int{typeUint8, typeInt8, typeInt32, typeInt64}

// own tells whether a node is built from package layers.
func (n *Net) own(of *node) bool {
	build := operations[of.op]
	if build == nil {
		return false
	}
	if of.op == "Reshape" && (n.data[of.input(1)] || n.file.constants[of.input(1)] == nil) {
		return false // its shape is computed
	}
	if of.op == "Cast" && !slices.Contains(wholeTypes, of.integer("to", 0)) {
		return false
	}
	if settled[of.op] {
		computed := func(name string) bool { return name != "" && !n.foldable(name) }
		return n.data[of.input(0)] && !slices.ContainsFunc(of.inputs[1:], computed)
	}
	return slices.ContainsFunc(of.inputs, func(name string) bool { return n.data[name] })
}

// build builds a node, once. Its panics name it.
func (w *walk) build(of *node) {
	if _, done := w.values[of.outputs[0]]; done {
		return
	}
	named(w.file.path, of, func() {
		w.values[of.outputs[0]] = w.bounded(operations[of.op](w, of))
	})
}

// bounded refuses what would take all memory.
func (w *walk) bounded(v value) value {
	examples := w.values[w.file.inputs[0].name].Shape().Dim(0)
	if size := v.Shape().Size() / max(1, examples); size > maxMade {
		exceptions.Panicf("it makes %d numbers of an example: want %d at most", size, maxMade)
	}
	return v
}

// named adds the node's name to a panic.
func named(file string, of *node, build func()) {
	if err := exceptions.TryCatch[error](build); err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		if strings.HasPrefix(line, "onnx: ") {
			panic(err)
		}
		panic(fmt.Errorf("onnx: %s: %s cannot be trained: %s", file, of, line))
	}
}

// get returns the value that has a name in the file.
func (w *walk) get(name string) value {
	if v, ok := w.values[name]; ok {
		return v
	}
	var v value
	switch of := w.file.makers[name]; {
	case w.byName[name] != nil:
		weight := w.variable(w.byName[name])
		v = value{graph.ConvertDType(weight.NodeValue(w.g), w.config.Compute), false}
	case w.file.constants[name] != nil:
		v = value{w.constant(w.file.constants[name]), false}
	case of == nil:
		exceptions.Panicf("it takes %q, which nothing makes", name)
	case w.own(of):
		w.build(of)
		return w.values[name]
	default:
		w.region(name)
		return w.values[name]
	}
	w.values[name] = v
	return v
}

// constant is a tensor of the file that is no weight.
func (w *walk) constant(t *tensor) *graph.Node {
	dims := make([]int, len(t.dims))
	for i, d := range t.dims {
		dims[i] = int(d)
	}
	if t.isFloat() {
		x := graph.Const(w.g, tensors.FromFlatDataAndDimensions(t.values(), dims...))
		return graph.ConvertDType(x, w.config.Compute)
	}
	whole := make([]int64, t.size())
	for i, v := range t.whole() {
		whole[i] = int64(v)
	}
	return graph.Const(w.g, tensors.FromFlatDataAndDimensions(whole, dims...))
}

// variable is the variable of a weight, with the values of the file where there is none yet.
func (w *walk) variable(of *Weight) *model.Variable {
	shape := shapes.Make(w.config.DType, of.Dims...)
	v := layers.Variable(w.folder(of.Path), path.Base(of.Path), shape, func(to []float64) { w.fill(of, to) })
	// A checkpoint restores a variable as trainable.
	if !of.Trainable() {
		v.SetTrainable(false)
	}
	return v
}

// fill gives a weight its first values.
func (n *Net) fill(of *Weight, to []float64) {
	value := map[role]float64{bias: 0, scale: 1, offset: 0, mean: 0, variance: 1, shift: 0, factor: 1}
	switch first, known := value[of.role]; {
	case n.config.Random && !known:
		random := stream(n.config.Seed, of.Path)
		std := 0.02 // of embeddings, as transformers draw them
		if of.role == kernel {
			std = math.Sqrt(2 / float64(max(1, of.fanIn)))
		}
		for i := range to {
			to[i] = std * random.NormFloat64()
		}
	case n.config.Random && known:
		layers.Constant(first)(to)
	default:
		copy(to, of.values())
	}
}

// folder is the scope of a path without its last part.
func (w *walk) folder(at string) *model.Scope {
	parts := strings.Split(at, "/")
	scope := w.scope
	for _, part := range parts[:len(parts)-1] {
		scope = scope.At("%s", part)
	}
	return scope
}

// stream returns the random numbers for the variable at a path.
func stream(seed int64, at string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(at))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}
