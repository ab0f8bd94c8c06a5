package onnx

import (
	"fmt"
	"slices"
)

// Values are the numbers of a weight to write.
type Values interface {
	Len() int
	Value(i int) float64
}

// Rewrite returns the file with other weights, by their names, and for evaluation: batch norms take their averages, and
// dropout lets all through. All else stays as it is, so that whatever reads the file reads this one. Numbers are
// rounded to the type that they have in the file, float32 or float64; it fails for weights of another type. With a
// head, the new layer replaces what followed the head's node.
func (f *File) Rewrite(head string, weights map[string]Values) ([]byte, error) {
	n := &Net{file: f, config: Config{Head: head}}
	if err := n.cut(); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", f.path, err)
	}
	r := &rewriting{File: f, weights: weights}
	if head != "" {
		r.kept = map[string]bool{}
		for _, n := range f.leadingTo(n.output) {
			for _, name := range slices.Concat(n.inputs, n.outputs) {
				r.kept[name] = true
			}
		}
	}
	err := fields(f.graph, r.field)
	for _, t := range f.initializers {
		if err == nil && f.separated[t.name] {
			err = r.tensor(t.name)
		}
	}
	if err == nil && head != "" {
		err = r.appendHead(n.output, f.HeadFolder(head))
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", f.path, err)
	}
	var m []byte
	err = fields(f.bytes, func(x field) error {
		if x.number == 7 {
			m = message(m, 7, r.graph)
		} else {
			m = append(m, x.raw...)
		}
		return nil
	})
	return m, err
}

// rewriting is a graph that is written anew.
type rewriting struct {
	*File
	weights map[string]Values
	kept    map[string]bool // the tensors that lead to a new head; nil where all are kept
	graph   []byte
}

// keeps tells whether a tensor is in the file that is written.
func (r *rewriting) keeps(name string) bool { return name != "" && (r.kept == nil || r.kept[name]) }

// field writes a field of the graph.
func (r *rewriting) field(x field) error {
	switch x.number {
	case 1:
		n, err := parseNode(x.payload)
		if err != nil || len(n.outputs) == 1 && r.separated[n.outputs[0]] {
			return err // its value is a weight
		}
		if r.kept == nil || slices.ContainsFunc(n.outputs, r.keeps) {
			r.graph = message(r.graph, 1, n.evaluating(r.renamed[n.outputs[0]]))
		}
	case 5:
		t, err := parseTensor(x.payload)
		if err != nil {
			return err
		}
		return r.tensor(t.name)
	case 11:
		d, err := parseDescription(x.payload)
		if err != nil {
			return err
		}
		if r.constants[d.name] == nil || r.keeps(d.name) {
			r.graph = append(r.graph, x.raw...)
		}
	case 12, 13: // outputs, and shapes between
		if r.kept == nil {
			r.graph = append(r.graph, x.raw...)
		}
	default:
		r.graph = append(r.graph, x.raw...)
	}
	return nil
}

// tensor writes a tensor of the file, with other values where it is a weight.
func (r *rewriting) tensor(name string) error {
	if !r.keeps(name) {
		return nil
	}
	t := r.constants[name]
	rewritten, err := t.rewritten(r.weights[name])
	if err != nil {
		return err
	}
	r.graph = message(r.graph, 5, rewritten.raw)
	if r.separated[name] {
		r.describe(name, t.dtype, t.dims)
	}
	return nil
}

// describe adds a new weight to the inputs of the graph, where the version of the format wants it to be there.
func (r *rewriting) describe(name string, dtype int, dims []int64) {
	const first = 4 // version without
	var sizes []int
	for _, d := range dims {
		sizes = append(sizes, int(d))
	}
	if r.version() < first {
		r.graph = message(r.graph, 11, valueInfo(name, dtype, sizes))
	}
}

// evaluating is the message of a node in its form for evaluation, with some of its inputs renamed.
func (n *node) evaluating(renamed map[int]string) (m []byte) {
	inputs, outputs := 0, 0
	_ = fields(n.raw, func(x field) error { // it was read before
		training := false
		switch x.number {
		case 1:
			if name := renamed[inputs]; name != "" {
				x.raw = text(nil, 1, name)
			}
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
