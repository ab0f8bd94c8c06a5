package onnx

import (
	"bytes"
	"fmt"
	"path"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Values are the numbers of a weight to write.
type Values interface {
	Len() int
	Value(i int) float64
}

// HeadNames are the names of the weights of a new head in a file that is written.
var HeadNames = [2]string{"xsam_head.weight", "xsam_head.bias"}

// Rewrite returns the file with other weights, by their names, and for evaluation: batch norms take their averages, and
// dropout lets all through. All else stays as it is, so that whatever reads the file reads this one. Numbers are
// rounded to the type that they have in the file, float32 or float64; it fails for weights of another type. With a
// head, the new layer replaces what followed the head's node.
func (f *File) Rewrite(head string, weights map[string]Values) ([]byte, error) {
	n := &Net{file: f, config: Config{Head: head}}
	if err := n.cut(); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", f.path, err)
	}
	nodes := f.nodes
	if head != "" {
		nodes = f.leadingTo(n.output)
	}
	var g []byte
	err := fields(f.graph, func(x field) error {
		switch {
		case x.number == 1:
			n, err := parseNode(x.payload)
			if err != nil {
				return err
			}
			if len(n.outputs) == 1 && f.separated[n.outputs[0]] {
				t, err := f.constants[n.outputs[0]].rewritten(weights[n.outputs[0]])
				if err == nil {
					g = message(g, 5, t.raw)
				}
				return err
			}
			if head == "" || slices.ContainsFunc(nodes, func(m *node) bool { return bytes.Equal(m.raw, n.raw) }) {
				g = message(g, 1, n.evaluating()) // else it follows the head
			}
		case x.number == 5:
			t, err := parseTensor(x.payload)
			if err == nil {
				t, err = f.constants[t.name].rewritten(weights[t.name])
			}
			if err != nil {
				return err
			}
			g = message(g, 5, t.raw)
		case head != "" && (x.number == 12 || x.number == 13): // outputs, and shapes between
		default:
			g = append(g, x.raw...)
		}
		return nil
	})
	if err == nil && head != "" {
		g, err = f.appendHead(g, n.output, weights)
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", f.path, err)
	}
	var m []byte
	err = fields(f.bytes, func(x field) error {
		if x.number == 7 {
			m = message(m, 7, g)
		} else {
			m = append(m, x.raw...)
		}
		return nil
	})
	return m, err
}

// evaluating is the message of a node in its form for evaluation.
func (n *node) evaluating() (m []byte) {
	inputs, outputs := 0, 0
	_ = fields(n.raw, func(x field) error { // it was read before
		training := false
		switch x.number {
		case 1:
			inputs++
			training = n.op == "Dropout" && inputs > 2 // whether it is training
		case 2:
			outputs++
			training = n.op == "BatchNormalization" && outputs > 1 // the averages after a step of training
		case 5:
			a, _ := parseAttribute(x.payload)
			training = n.op == "BatchNormalization" && a.name == "training_mode"
		}
		if !training {
			m = append(m, x.raw...)
		}
		return nil
	})
	return m
}

// rewritten is a tensor with other values, or the same ones where there are none; never with values outside the file.
func (t *tensor) rewritten(v Values) (*tensor, error) {
	switch {
	case v == nil && !t.external:
		return t, nil
	case v == nil:
		return &tensor{raw: encodeTensor(t.name, t.dims, t.dtype, t.bytes)}, nil
	case v.Len() != t.size():
		return nil, fmt.Errorf("weight %s has %d values, want %d", t.name, v.Len(), t.size())
	}
	if t.dtype != typeDouble && t.dtype != typeFloat {
		return nil, fmt.Errorf("weight %s is of type number %d in the file, in which training has no numbers: export to "+
			".safetensors or .npz", t.name, t.dtype)
	}
	return &tensor{raw: encode(tensorOf(v, t.dims), t.name, t.dtype)}, nil
}

// tensorOf is a tensor of numbers to write.
func tensorOf(v Values, dims []int64) *tensor {
	t := &tensor{dims: dims}
	for i := range v.Len() {
		t.floats = append(t.floats, v.Value(i))
	}
	return t
}

// appendHead adds the new layer: a Flatten, and a Gemm with its weights.
func (f *File) appendHead(g []byte, from string, weights map[string]Values) ([]byte, error) {
	w, b := weights[HeadNames[0]], weights[HeadNames[1]]
	if w == nil || b == nil || b.Len() == 0 || w.Len()%b.Len() != 0 {
		return nil, fmt.Errorf("the new layer after %s has no weights", from)
	}
	outputs := int64(b.Len())
	for i, v := range []Values{w, b} {
		dims := []int64{outputs}
		if i == 0 {
			dims = append(dims, int64(w.Len())/outputs)
		}
		g = message(g, 5, encode(tensorOf(v, dims), HeadNames[i], typeFloat))
	}
	name := path.Dir(HeadWeight)
	flat, out := name+".flat", name+".logits"
	flatten := text(text(text(text(nil, 1, from), 2, flat), 3, name+"/Flatten"), 4, "Flatten")
	gemm := text(text(text(nil, 1, flat), 1, HeadNames[0]), 1, HeadNames[1])
	gemm = text(text(text(gemm, 2, out), 3, name+"/Gemm"), 4, "Gemm")
	transposed := integer(integer(text(nil, 1, "transB"), 3, 1), 20, 2)
	gemm = message(gemm, 5, transposed)
	g = message(message(g, 1, flatten), 1, gemm)
	return message(g, protowire.Number(12), valueInfo(out, typeFloat, []int{-1, int(outputs)})), nil
}
