package onnx

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// modernise gives nodes of older versions of ONNX's operations the form of version 13, in which settings are inputs.
// onnx-gomlx reads all nodes as those of that version.
func (f *File) modernise() {
	v := f.opset()
	var nodes []*node
	for _, n := range f.nodes {
		switch {
		case v < 13 && n.op == "Split" && n.input(1) == "":
			f.asInputs(n, "split")
		case v < 11 && n.op == "Pad" && len(n.inputs) == 1:
			value := n.float("value", 0)
			f.asInputs(n, "pads")
			if value != 0 && n.input(1) != "" {
				n.inputs = append(n.inputs, f.made(n, "value", &tensor{dtype: typeFloat, floats: []float64{value}}))
			}
		case v < 10 && n.op == "Slice" && len(n.inputs) == 1:
			f.asInputs(n, "starts", "ends", "axes")
		case v < 13 && (n.op == "Softmax" || n.op == "LogSoftmax") && n.integer("axis", 1) != -1 && len(n.outputs) == 1:
			nodes = append(nodes, f.softmaxOfRows(n)...)
			continue
		}
		nodes = append(nodes, n)
	}
	f.nodes = nodes
}

// asInputs turns lists that stand in attributes into inputs.
func (f *File) asInputs(n *node, names ...string) {
	for _, name := range names {
		a, ok := n.attributes[name]
		if !ok {
			break
		}
		t := &tensor{dtype: typeInt64, ints: a.ints, dims: []int64{int64(len(a.ints))}}
		n.inputs = append(n.inputs, f.made(n, name, t))
		delete(n.attributes, name)
	}
	n.raw = n.message(names)
}

// made notes a constant that a setting of a node becomes, and returns its name.
func (f *File) made(n *node, setting string, t *tensor) string {
	t.name = f.free(n.outputs[0] + ":" + setting)
	f.constants[t.name] = t
	return t.name
}

// free is a name that nothing in the file has.
func (f *File) free(name string) string {
	for f.names[name] {
		name += "_"
	}
	f.names[name] = true
	return name
}

// message writes a node with its inputs as they are now, without some of its attributes.
func (n *node) message(without []string) (m []byte) {
	for _, name := range n.inputs {
		m = text(m, 1, name)
	}
	_ = fields(n.raw, func(x field) error { // it was read before
		a := attribute{}
		if x.number == 5 {
			a, _ = parseAttribute(x.payload)
		}
		if x.number != 1 && (x.number != 5 || !slices.Contains(without, a.name)) {
			m = append(m, x.raw...)
		}
		return nil
	})
	return m
}

// softmaxOfRows is the softmax of versions before 13: over all axes from the given one on, as one.
func (f *File) softmaxOfRows(n *node) []*node {
	x, y, axis := n.input(0), n.outputs[0], n.integer("axis", 1)
	flat, shares, shape := f.free(y+":rows"), f.free(y+":shares"), f.free(y+":shape")
	last := n.part("Reshape", []string{shares, shape}, y, "", 0)
	last.name = n.name
	return []*node{
		n.part("Flatten", []string{x}, flat, "axis", axis),
		n.part(n.op, []string{flat}, shares, "axis", -1),
		n.part("Shape", []string{x}, shape, "", 0),
		last,
	}
}

// part is a node that stands for a part of n, with a setting.
func (n *node) part(op string, inputs []string, output, setting string, to int) *node {
	p := &node{op: op, inputs: inputs, outputs: []string{output}, attributes: map[string]attribute{}, of: n}
	for _, name := range inputs {
		p.raw = text(p.raw, 1, name)
	}
	p.raw = text(text(p.raw, 2, output), 4, op)
	if setting != "" {
		p.attributes[setting] = attribute{name: setting, integer: int64(to)}
		of := integer(integer(text(nil, 1, setting), 3, int64(to)), 20, 2)
		p.raw = message(p.raw, protowire.Number(5), of)
	}
	return p
}
