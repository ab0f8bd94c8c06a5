package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
	gomlxonnx "github.com/gomlx/onnx-gomlx/onnx"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/xsam-go/xsam/internal/derivatives"
)

// region is a connected part of the graph that onnx-gomlx builds: an ONNX model of its own, whose inputs are what comes
// from outside. Constants are in it, so that shapes that are computed from shapes are known when it is built.
type region struct {
	nodes  []*node
	inputs []string
	seen   map[string]bool
}

// region builds the region that makes a tensor, and notes all that others take from it.
func (w *walk) region(name string) {
	r := &region{seen: map[string]bool{}}
	r.collect(w, name)
	of := w.file.makers[name]
	inside := map[string]bool{}
	for _, n := range r.nodes {
		for _, out := range n.outputs {
			inside[out] = true
		}
	}
	outputs := []string{name}
	for _, n := range w.nodes {
		for _, in := range n.inputs {
			if inside[in] && !slices.Contains(r.nodes, n) && w.data[in] && !slices.Contains(outputs, in) {
				outputs = append(outputs, in)
			}
		}
	}
	named(w.file.path, of, func() {
		inputs := map[string]*graph.Node{}
		for _, in := range r.inputs {
			inputs[in] = w.get(in).first()
		}
		derivatives.Right(w.g)
		m, err := parser.Parse(w.model(r, inputs, outputs))
		if err != nil {
			panic(err)
		}
		m.DisableFusion()
		m.AllowDTypePromotion()
		made, err := w.call(m, inputs, outputs)
		if err != nil {
			panic(err)
		}
		for i, y := range made {
			if y.DType().IsFloat() {
				y = graph.ConvertDType(y, w.config.Compute)
			}
			w.values[outputs[i]] = w.bounded(value{y, false})
		}
	})
}

// call builds a region. It fails with what to do where the file is of a version that onnx-gomlx may read wrongly.
func (w *walk) call(m gomlxonnx.Model, in map[string]*graph.Node, outputs []string) (made []*graph.Node, err error) {
	const newest = 13 // version that changed settings into inputs
	err = exceptions.TryCatch[error](func() { made = m.CallGraph(nil, w.g, in, outputs...) })
	if v := w.file.opset(); err != nil && v < newest {
		line, _, _ := strings.Cut(err.Error(), "\n")
		err = fmt.Errorf("%s: the file is for version %d of ONNX's operations: export it with opset_version=%d or newer",
			line, v, newest)
	}
	return made, err
}

// collect finds the nodes of a region, in order, and its inputs.
func (r *region) collect(w *walk, name string) {
	if name == "" || r.seen[name] {
		return
	}
	r.seen[name] = true
	of := w.file.makers[name]
	_, done := w.values[name]
	switch {
	case w.byName[name] != nil, done && w.data[name], of != nil && of.op != "Constant" && w.own(of), of == nil &&
		w.file.constants[name] == nil:
		r.inputs = append(r.inputs, name)
		return
	case w.file.constants[name] != nil:
		r.nodes = append(r.nodes, &node{op: "Constant", outputs: []string{name},
			raw: w.constantNode(name, w.file.constants[name])})
		return
	case slices.Contains(r.nodes, of):
		return
	}
	if settled[of.op] {
		named(w.file.path, of, func() { of = w.settle(of) })
	}
	for _, in := range of.inputs {
		r.collect(w, in)
	}
	r.nodes = append(r.nodes, of)
}

// settle refuses what onnx-gomlx v0.5.2 reads wrongly: Pad, Resize, and a Slice backwards, which is replaced by its
// numbers where they are known.
func (w *walk) settle(of *node) *node {
	if of.op != "Slice" {
		exceptions.Panicf("its paddings, sizes or scales are computed in a way that is not read here: export it with " +
			"dynamo=True")
	}
	steps := of.input(4)
	switch {
	case steps == "":
	case !w.foldable(steps):
		exceptions.Panicf("its steps %s are computed: want constants", steps)
	case slices.Min(w.list(steps)) > 0:
	case w.foldable(of.outputs[0]):
		v := w.known(of.outputs[0])
		t := &tensor{name: of.outputs[0], dtype: typeInt64, floats: v.at}
		if !v.whole {
			t.dtype = typeFloat
		}
		for _, d := range v.dims {
			t.dims = append(t.dims, int64(d))
		}
		return &node{op: "Constant", outputs: of.outputs, raw: w.constantNode(t.name, t)}
	default:
		exceptions.Panicf("it goes backwards, by %v, from a place that is computed: want constants", w.list(steps))
	}
	return of
}

// message appends a field that holds a message.
func message(to []byte, number protowire.Number, payload []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), payload)
}

func text(to []byte, number protowire.Number, s string) []byte { return message(to, number, []byte(s)) }

func integer(to []byte, number protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, number, protowire.VarintType), uint64(v))
}

// constantNode is a Constant node; numbers are of the type in which the network computes.
func (w *walk) constantNode(name string, t *tensor) []byte {
	raw := message(nil, 5, t.raw)
	if t.raw == nil || t.external || t.isFloat() {
		dtype := elementType(w.config.Compute)
		if dtype == typeBFloat16 {
			dtype = typeFloat
		}
		if !t.isFloat() {
			dtype = typeInt64
		}
		raw = message(nil, 5, encode(t, name, dtype))
	}
	attribute := integer(append(text(nil, 1, "value"), raw...), 20, 4)
	return message(text(text(nil, 2, name), 4, "Constant"), 5, attribute)
}

// encode writes a tensor with its values in another type.
func encode(t *tensor, name string, dtype int) []byte {
	values := make([]byte, 0, t.size()*width(dtype))
	for i := range t.size() {
		switch dtype {
		case typeDouble:
			values = binary.LittleEndian.AppendUint64(values, math.Float64bits(t.value(i)))
		case typeInt64:
			values = binary.LittleEndian.AppendUint64(values, uint64(int64(t.value(i))))
		default:
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(float32(t.value(i))))
		}
	}
	return encodeTensor(name, t.dims, dtype, values)
}

func encodeTensor(name string, dims []int64, dtype int, values []byte) (m []byte) {
	for _, d := range dims {
		m = integer(m, 1, d)
	}
	return message(text(integer(m, 2, int64(dtype)), 8, name), 9, values)
}

// valueInfo describes an input or output.
func valueInfo(name string, dtype int, dims []int) []byte {
	var shape []byte
	for _, d := range dims {
		var dim []byte
		if d >= 0 {
			dim = integer(nil, 1, int64(d))
		} else {
			dim = text(nil, 2, "batch")
		}
		shape = message(shape, 1, dim)
	}
	ofTensor := message(integer(nil, 1, int64(dtype)), 2, shape)
	return message(text(nil, 1, name), 2, message(nil, 1, ofTensor))
}

// model writes a region as an ONNX model.
func (w *walk) model(r *region, inputs map[string]*graph.Node, outputs []string) []byte {
	g := text(nil, 2, fmt.Sprintf("region of %s", outputs[0]))
	for _, n := range r.nodes {
		g = message(g, 1, n.raw)
	}
	for _, name := range r.inputs {
		x := inputs[name]
		g = message(g, 11, valueInfo(name, elementType(x.DType()), x.Shape().Dimensions))
	}
	for _, name := range outputs {
		g = message(g, 12, valueInfo(name, elementType(w.config.Compute), nil))
	}
	var m []byte
	for _, f := range slices.Concat(w.file.fixed, w.file.opsets) {
		m = append(m, f.raw...)
	}
	return message(m, 7, g)
}
