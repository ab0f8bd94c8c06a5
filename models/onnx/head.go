package onnx

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/layers"
)

// head is the new dense layer, of the shapes that PyTorch gives a linear one: [outputs, inputs], [outputs]. Its weights
// are drawn from a normal distribution of variance 1/inputs, its biases are zero.
func (w *walk) head(x *graph.Node) *graph.Node {
	outputs, inputs := w.config.Outputs, x.Shape().Dim(1)
	at := w.file.HeadFolder(w.config.Head) + "/weight"
	random := stream(w.config.Seed, at)
	weights := layers.Variable(w.folder(at), "weight", shapes.Make(w.config.DType, outputs, inputs),
		func(to []float64) {
			for i := range to {
				to[i] = random.NormFloat64() / math.Sqrt(float64(inputs))
			}
		})
	biases := layers.Variable(w.folder(at), "bias", shapes.Make(w.config.DType, outputs),
		layers.Constant(0))
	use := func(v *model.Variable) *graph.Node { return graph.ConvertDType(v.NodeValue(w.g), w.config.Compute) }
	return layers.Dense(x, graph.Transpose(use(weights), 0, 1), use(biases))
}

// HeadFolder is the scope of the variables of a new head, "weight" and "bias": xsam_head, or with something after it
// where the file has that already, from an earlier head. The weights are xsam_head.weight and xsam_head.bias in files.
func (f *File) HeadFolder(head string) string {
	n := &Net{file: f, config: Config{Head: head}}
	folder := "xsam_head"
	if n.cut() != nil {
		return folder
	}
	var names []string
	for _, of := range f.leadingTo(n.output) {
		names = append(append(append(names, of.name), of.inputs...), of.outputs...)
	}
	isIn := func(name string) bool { return strings.HasPrefix(strings.ReplaceAll(name, "/", "."), folder+".") }
	for slices.ContainsFunc(names, isIn) {
		folder += "_"
	}
	return folder
}

// typeOf is the type of the numbers that a tensor has, as far as the file says it.
func (f *File) typeOf(name string) int {
	for {
		for _, d := range slices.Concat(f.inputs, f.outputs) {
			if d.name == name && isFloat(d.dtype) {
				return d.dtype
			}
		}
		if t := f.constants[name]; t != nil && t.isFloat() {
			return t.dtype
		}
		of := f.makers[name]
		switch {
		case of == nil:
			return typeFloat
		case of.op == "Cast":
			return of.integer("to", typeFloat)
		}
		next := of.input(0)
		for _, in := range of.inputs {
			if t := f.constants[in]; t != nil && t.isFloat() && !settings[of.op] {
				next = in
			}
		}
		name = next
	}
}

// appendHead adds the new layer: a Flatten, and a Gemm with its weights.
func (r *rewriting) appendHead(from, folder string) error {
	dtype, names := r.typeOf(from), [2]string{folder + ".weight", folder + ".bias"}
	w, b := r.weights[names[0]], r.weights[names[1]]
	switch {
	case w == nil || b == nil || b.Len() == 0 || w.Len()%b.Len() != 0:
		return fmt.Errorf("the new layer after %s has no weights", from)
	case dtype != typeFloat && dtype != typeDouble:
		return fmt.Errorf("%s is of type number %d in the file, in which training has no numbers: export to .safetensors or "+
			".npz", from, dtype)
	}
	outputs := int64(b.Len())
	for i, v := range []Values{w, b} {
		dims := []int64{outputs}
		if i == 0 {
			dims = append(dims, int64(w.Len())/outputs)
		}
		r.graph = message(r.graph, 5, encode(tensorOf(v, dims), names[i], dtype))
		r.describe(names[i], dtype, dims)
	}
	flat, out := folder+".flat", folder+".logits"
	flatten := text(text(text(text(nil, 1, from), 2, flat), 3, folder+"/Flatten"), 4, "Flatten")
	gemm := text(text(text(nil, 1, flat), 1, names[0]), 1, names[1])
	gemm = text(text(text(gemm, 2, out), 3, folder+"/Gemm"), 4, "Gemm")
	gemm = message(gemm, 5, integer(integer(text(nil, 1, "transB"), 3, 1), 20, 2))
	r.graph = message(message(r.graph, 1, flatten), 1, gemm)
	r.graph = message(r.graph, 12, valueInfo(out, dtype, []int{-1, int(outputs)}))
	return nil
}
