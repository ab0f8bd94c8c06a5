package onnx

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/support/exceptions"
)

// numbers are a small tensor that is known while the network is built: paddings, sizes and the like. They stand in
// files as constants, or are computed from constants and from the shapes of tensors.
type numbers struct {
	dims  []int
	at    []float64
	whole bool // they are whole numbers, whose quotients are too
}

// maxKnown is the number of values that such a tensor has at most.
const maxKnown = 1 << 16

// foldable tells whether the numbers of a name are known while the network is built.
func (n *Net) foldable(name string) bool {
	if yes, known := n.folds[name]; known {
		return yes
	}
	yes := n.canFold(name)
	n.folds[name] = yes
	return yes
}

func (n *Net) canFold(name string) bool {
	if n.data[name] {
		return false
	}
	if t := n.file.constants[name]; t != nil {
		return t.size() <= maxKnown
	}
	of := n.file.makers[name]
	switch {
	case of == nil || of.outputs[0] != name:
		return false
	case of.op == "Shape":
		return true
	}
	for _, in := range of.inputs {
		if in != "" && !n.foldable(in) {
			return false
		}
	}
	return foldings[of.op] != nil
}

// known are the numbers of a name that is foldable.
func (w *walk) known(name string) *numbers {
	if v := w.numbers[name]; v != nil {
		return v
	}
	var v *numbers
	switch of := w.file.makers[name]; {
	case !w.foldable(name):
		exceptions.Panicf("its input %s is computed: want constants", name)
	case w.file.constants[name] != nil:
		t := w.file.constants[name]
		v = &numbers{at: slices.Clone(t.values()), whole: !t.isFloat()}
		for _, d := range t.dims {
			v.dims = append(v.dims, int(d))
		}
	case of.op == "Shape":
		dims := w.get(of.input(0)).first().Shape().Dimensions
		from, to := place(of.integer("start", 0), len(dims)), place(of.integer("end", len(dims)), len(dims))
		v = &numbers{whole: true}
		for _, d := range dims[from:max(from, to)] {
			v.at = append(v.at, float64(d))
		}
		v.dims = []int{len(v.at)}
	default:
		in := make([]*numbers, len(of.inputs))
		for i, name := range of.inputs {
			if name != "" {
				in[i] = w.known(name)
			}
		}
		if n := max(1, needs[of.op]); len(in) < n || slices.Contains(in[:n], nil) {
			exceptions.Panicf("%s has no input %d: it is damaged", of, n)
		}
		v = foldings[of.op](of, in)
		if len(v.at) > maxKnown {
			exceptions.Panicf("%s makes %d numbers of constants: want %d at most", of, len(v.at), maxKnown)
		}
	}
	w.numbers[name] = v
	return v
}

// place counts a position from the end where it is negative, and keeps it within an axis.
func place(i, size int) int {
	if i < 0 {
		i += size
	}
	return min(max(i, 0), size)
}

// list are known numbers in one row, as whole ones.
func (w *walk) list(name string) (out []int) {
	for _, x := range w.known(name).at {
		out = append(out, int(min(max(x, -math.MaxInt32), math.MaxInt32)))
	}
	return out
}

// needs are the numbers of inputs of operations that need more than one.
var needs = map[string]int{"Reshape": 2, "Gather": 2, "Slice": 3, "Add": 2, "Sub": 2, "Mul": 2, "Div": 2}

// foldings compute operations on numbers that are known.
var foldings = map[string]func(n *node, in []*numbers) *numbers{
	"Identity": func(_ *node, in []*numbers) *numbers { return in[0] },
	"Cast": func(n *node, in []*numbers) *numbers {
		out := numbers{dims: in[0].dims, at: slices.Clone(in[0].at), whole: !isFloat(n.integer("to", 0))}
		for i, x := range out.at {
			if out.whole {
				out.at[i] = math.Trunc(x)
			}
		}
		return &out
	},
	"ConstantOfShape": func(n *node, in []*numbers) *numbers {
		out, value, size := &numbers{}, 0.0, 1
		if t := n.attributes["value"].tensor; t != nil && t.size() == 1 && t.check() == nil {
			value, out.whole = t.value(0), !t.isFloat()
		}
		for _, d := range in[0].at {
			if size *= int(min(max(d, 0), maxKnown)); size > maxKnown {
				exceptions.Panicf("%s makes more than %d numbers", n, maxKnown)
			}
			out.dims = append(out.dims, int(max(d, 0)))
		}
		out.at = slices.Repeat([]float64{value}, size)
		return out
	},
	"Reshape": func(n *node, in []*numbers) *numbers {
		dims, free, size := make([]int, len(in[1].at)), -1, 1
		for i, d := range in[1].at {
			switch {
			case d == 0 && i < len(in[0].dims) && n.integer("allowzero", 0) == 0:
				dims[i] = in[0].dims[i]
			case d < 0:
				dims[i], free = 1, i
			default:
				dims[i] = int(min(d, maxKnown+1))
			}
			size *= dims[i]
		}
		if free >= 0 && size > 0 {
			dims[free] = len(in[0].at) / size
			size *= dims[free]
		}
		if size != len(in[0].at) {
			exceptions.Panicf("%s cannot give %d numbers the shape %v", n, len(in[0].at), in[1].at)
		}
		return &numbers{dims, in[0].at, in[0].whole}
	},
	"Transpose": func(n *node, in []*numbers) *numbers {
		x := in[0]
		perm := n.attributes["perm"].ints
		if len(x.dims) != 2 || len(perm) == 2 && perm[0] == 0 {
			return x.only(n, len(x.dims) <= 2)
		}
		rows, columns := x.dims[0], x.dims[1]
		out := &numbers{dims: []int{columns, rows}, whole: x.whole}
		for j := range columns {
			for i := range rows {
				out.at = append(out.at, x.at[i*columns+j])
			}
		}
		return out
	},
	"Unsqueeze": func(n *node, in []*numbers) *numbers {
		return &numbers{[]int{len(in[0].at)}, in[0].only(n, len(in[0].dims) == 0).at, in[0].whole}
	},
	"Squeeze": func(n *node, in []*numbers) *numbers {
		return &numbers{nil, in[0].only(n, len(in[0].at) == 1).at, in[0].whole}
	},
	"Concat": func(n *node, in []*numbers) *numbers {
		out := &numbers{whole: in[0].whole}
		for _, x := range in {
			out.at = append(out.at, x.only(n, len(x.dims) == 1).at...)
		}
		out.dims = []int{len(out.at)}
		return out
	},
	"Gather": func(n *node, in []*numbers) *numbers {
		x := in[0].only(n, len(in[0].dims) == 1)
		out := &numbers{dims: in[1].dims, whole: x.whole}
		for _, i := range in[1].at {
			if i < 0 {
				i += float64(len(x.at))
			}
			if !(i >= 0 && int(i) < len(x.at)) {
				exceptions.Panicf("%s takes number %v of %d", n, i, len(x.at))
			}
			out.at = append(out.at, x.at[int(i)])
		}
		return out
	},
	"Slice": foldSlice,
	"Add":   folding(func(x, y float64) float64 { return x + y }),
	"Sub":   folding(func(x, y float64) float64 { return x - y }),
	"Mul":   folding(func(x, y float64) float64 { return x * y }),
	"Div":   folding(func(x, y float64) float64 { return x / y }),
	"Floor": folding(func(x, _ float64) float64 { return math.Floor(x) }),
	"Ceil":  folding(func(x, _ float64) float64 { return math.Ceil(x) }),
}

// only is x where it has the form that is computed here.
func (x *numbers) only(n *node, is bool) *numbers {
	if !is {
		exceptions.Panicf("%s computes with constants of shape %v, which is not read here", n, x.dims)
	}
	return x
}

// folding is arithmetic, of one number with each of many or pair by pair.
func folding(f func(x, y float64) float64) func(n *node, in []*numbers) *numbers {
	return func(n *node, in []*numbers) *numbers {
		x, y := in[0], in[len(in)-1]
		out := &numbers{dims: x.dims, whole: x.whole}
		if len(y.dims) > len(x.dims) || len(y.at) > len(x.at) {
			out.dims = y.dims
		}
		x.only(n, len(x.at) == len(y.at) || len(x.at) == 1 || len(y.at) == 1)
		for i := range max(len(x.at), len(y.at)) {
			v := f(x.at[min(i, len(x.at)-1)], y.at[min(i, len(y.at)-1)])
			if out.whole {
				v = math.Trunc(v)
			}
			out.at = append(out.at, v)
		}
		return out
	}
}
