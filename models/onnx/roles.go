package onnx

import "slices"

// role is what a weight is for.
type role int

const (
	other role = iota // such as an embedding
	kernel
	bias
	scale
	offset
	mean
	variance
	shift  // a number that is added along one axis: a bias, or a constant that the file does not tell from one
	factor // one that is multiplied so
)

// use is a place at which a node computes with a weight, whose axes are dims there.
type use struct {
	*node
	input int
	dims  []int64
}

// users are the places at which nodes take tensors, by their names.
func users(nodes []*node) map[string][]use {
	at := map[string][]use{}
	for _, n := range nodes {
		for i, name := range n.inputs {
			if n.op != "Shape" && n.op != "Size" {
				at[name] = append(at[name], use{node: n, input: i})
			}
		}
	}
	return at
}

// used follows a weight, through operations on its shape, to the first node that computes with it.
func (f *File) used(u use, at map[string][]use) use {
	for {
		switch to := f.constants[u.node.input(1)]; {
		case u.input != 0 || len(at[u.outputs[0]]) == 0:
			return u
		case slices.Contains([]string{"Identity", "Cast", "Split", "Slice", "Dropout"}, u.op):
		case u.op == "Transpose":
			u.dims = transposed(u.dims, u.attributes["perm"].ints)
		case u.op == "Reshape" && to != nil && !to.isFloat():
			u.dims = reshaped(u.dims, to.whole())
		case u.op == "Unsqueeze" || u.op == "Squeeze" || u.op == "Reshape" || u.op == "Expand":
			u.dims = slices.DeleteFunc(slices.Clone(u.dims), func(d int64) bool { return d == 1 })
		default:
			return u
		}
		next := at[u.outputs[0]][0]
		if next.op == "BatchNormalization" { // which takes weights alone
			return u
		}
		u.node, u.input = next.node, next.input
	}
}

// transposed are axes after Transpose, which turns their order around where it has none.
func transposed(dims, perm []int64) []int64 {
	out := slices.Clone(dims)
	slices.Reverse(out)
	if len(perm) == len(dims) {
		for i, axis := range perm {
			out[i] = dims[min(place(int(axis), len(dims)), len(dims)-1)]
		}
	}
	return out
}

// reshaped are axes after Reshape.
func reshaped(dims []int64, to []int) (out []int64) {
	rest := product(dims)
	for i, d := range to {
		if d == 0 && i < len(dims) {
			d = int(dims[i])
		}
		out = append(out, int64(d))
		if d > 0 {
			rest /= int64(d)
		}
	}
	for i, d := range out {
		if d < 0 {
			out[i] = rest
		}
	}
	return out
}

func product(dims []int64) int64 {
	all := int64(1)
	for _, d := range dims {
		all *= d
	}
	return all
}

// role says what a weight is for, and its fan-in: how many numbers go into one of the output.
func (u use) role(at map[string][]use) (r role, fanIn int) {
	long := 0 // axes
	for _, d := range u.dims {
		if d > 1 {
			long++
		}
	}
	last := len(u.dims) - 1
	if last < 0 {
		return other, 0
	}
	switch u.op {
	case "Conv":
		if u.input == 1 {
			return kernel, int(product(u.dims[1:]))
		}
		return bias, 0
	case "Gemm", "MatMul":
		transposed := u.attributes["transB"].integer == 1
		if u.input == 0 {
			transposed = u.attributes["transA"].integer == 0
		}
		switch {
		case u.input == 2:
			return bias, 0
		case transposed || last == 0:
			return kernel, int(u.dims[last])
		}
		return kernel, int(u.dims[last-1])
	case "BatchNormalization":
		return []role{other, scale, offset, mean, variance}[min(u.input, 4)], 0
	case "LayerNormalization", "SimplifiedLayerNormalization":
		return []role{other, scale, offset}[min(u.input, 2)], 0
	case "Add", "Sub", "Sum":
		if u.op == "Add" && last == 0 {
			return bias, 0
		}
		if long <= 1 {
			return shift, 0
		}
	case "Mul", "Div":
		next := at[u.outputs[0]]
		if u.op == "Mul" && last == 0 && len(next) == 1 && next[0].op == "Add" {
			return scale, 0 // of a layer norm that stands in its parts
		}
		if long <= 1 {
			return factor, 0
		}
	}
	return other, 0
}
