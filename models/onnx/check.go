package onnx

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check returns what is wrong with the graph, whatever part of it is used, and notes its constants.
func (f *File) check() error {
	const oldest = 7 // of 2017; broadcasting was different before
	if v := f.opset(); v < oldest {
		return fmt.Errorf("it is for version %d of ONNX's operations: want %d or newer: export it again", v, oldest)
	}
	for _, t := range f.initializers {
		if err := t.check(); err != nil {
			return err
		}
		if f.constants[t.name] != nil {
			return fmt.Errorf("it has two weights named %s: it is damaged", t.name)
		}
		f.constants[t.name] = t
	}
	known := map[string]bool{"": true}
	for _, d := range f.inputs {
		known[d.name] = true
	}
	f.noteNames()
	f.separate()
	f.separateNorms()
	f.modernise()
	for name := range f.constants {
		known[name] = true
	}
	for _, n := range f.nodes {
		for _, name := range n.inputs {
			if !known[name] {
				return fmt.Errorf("%s takes %s, which nothing before it makes: it is damaged", n, name)
			}
		}
		if err := f.checkOutputs(n, known); err != nil {
			return err
		}
	}
	return f.checkEnds(known)
}

// checkOutputs notes what a node makes.
func (f *File) checkOutputs(n *node, known map[string]bool) error {
	if len(n.outputs) == 0 || n.op == "" {
		return fmt.Errorf("%s makes nothing: it is damaged", n)
	}
	for _, name := range n.outputs {
		if name == "" {
			continue
		}
		if known[name] {
			return fmt.Errorf("%s makes %s, which is there already: it is damaged", n, name)
		}
		known[name], f.makers[name] = true, n
	}
	if n.op != "Constant" {
		return nil
	}
	t, err := n.constant()
	if err != nil {
		return err
	}
	f.constants[n.outputs[0]] = t
	return nil
}

// constant is the value of a Constant node.
func (n *node) constant() (*tensor, error) {
	for _, a := range n.attributes {
		t := a.tensor
		switch a.name {
		case "value":
		case "value_float":
			t = &tensor{dtype: typeFloat, floats: []float64{a.number()}}
		case "value_int":
			t = &tensor{dtype: typeInt64, ints: []int64{a.integer}}
		case "value_floats":
			t = &tensor{dtype: typeFloat, floats: a.floats, dims: []int64{int64(len(a.floats))}}
		case "value_ints":
			t = &tensor{dtype: typeInt64, ints: a.ints, dims: []int64{int64(len(a.ints))}}
		default:
			continue
		}
		if t != nil {
			t.name = n.outputs[0]
			return t, t.check()
		}
	}
	return nil, fmt.Errorf("%s has no value of numbers: want one", n)
}

// checkEnds finds the input and the output.
func (f *File) checkEnds(known map[string]bool) error {
	var names []string
	f.inputs = slices.DeleteFunc(f.inputs, func(d description) bool { return f.constants[d.name] != nil })
	for _, d := range f.inputs {
		names = append(names, d.name)
	}
	if len(f.inputs) != 1 {
		return fmt.Errorf("it has %d inputs (%s): want one, the images or the numbers of an example", len(names),
			strings.Join(names, ", "))
	}
	if in := f.inputs[0]; !isFloat(in.dtype) {
		return fmt.Errorf("its input %s is of type number %d: want floating-point numbers, which images are here", in.name,
			in.dtype)
	}
	if len(f.outputs) == 0 {
		return errors.New("it has no output: it is damaged")
	}
	if name := f.outputs[0].name; !known[name] || f.constants[name] != nil {
		return fmt.Errorf("nothing makes its output %s from the input: it is damaged", name)
	}
	return nil
}

// foreign are the operations that onnx-gomlx v0.5.2 builds and that have a derivative, or need none because they are
// about shapes.
var foreign = strings.Fields(`Abs And Cast Ceil Clip Concat ConstantOfShape Cos CumSum Div Einsum Equal Erf Exp Expand
	FastGelu Flatten Floor Gather GatherElements GatherND Gelu Greater GreaterOrEqual HardSwish Identity
	LayerNormalization Less LessOrEqual Log MatMul Max Min Mod Mul Neg Not Or Pad Pow Range Reciprocal ReduceL2 ReduceMax
	ReduceMean ReduceMin ReduceProd ReduceSum Reshape Resize Shape Sigmoid Sign SimplifiedLayerNormalization Sin Size
	Slice Softmax Split Sqrt Squeeze Sub Sum Tanh Tile Transpose Trilu Unsqueeze Where Xor Add Constant`)

// makesShapes are operations whose memory depends on the numbers that they are given.
var makesShapes = strings.Fields("ConstantOfShape CumSum Expand Pad Range Reshape Resize Tile")

// checkSizes refuses axes out of range, and shapes that no memory holds, in the operations that onnx-gomlx builds.
func (f *File) checkSizes(n *node) error {
	const largest = 1 << 20 // far above any axis, and above the sides of images
	for _, name := range slices.Sorted(maps.Keys(n.attributes)) {
		a := n.attributes[name]
		for _, v := range append([]int64{a.integer}, a.ints...) {
			if n.op != "Constant" && name != "seed" && (v > largest || v < -largest) {
				return fmt.Errorf("%s has the %s %d: want %d at most: it is damaged", n, name, v, largest)
			}
		}
	}
	for _, name := range n.inputs {
		t := f.constants[name]
		if t == nil || t.isFloat() || !slices.Contains(makesShapes, n.op) {
			continue
		}
		for _, v := range t.whole() {
			if v > maxMade || v < -maxMade {
				return fmt.Errorf("%s takes the size %d: want %d at most: it is damaged", n, v, maxMade)
			}
		}
	}
	return nil
}

// checkOperations reports the nodes that cannot be trained.
func (f *File) checkOperations(nodes []*node) error {
	var wrong []string
	for _, n := range nodes {
		if err := f.checkSizes(n); err != nil {
			return err
		}
		nested := false
		for _, a := range n.attributes {
			nested = nested || a.nested
		}
		if (n.domain != "" && n.domain != "ai.onnx") || nested || operations[n.op] == nil && !slices.Contains(foreign, n.op) {
			wrong = append(wrong, n.String())
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	const most = 3
	more := ""
	if n := len(wrong) - most; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("%s%s cannot be trained: want a network of operations that have derivatives here, or --head NODE "+
		"before them", strings.Join(wrong[:min(most, len(wrong))], ", "), more)
}
