package onnx

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// resize is Resize to a size, or by scales, that are known. Each axis by itself is a row of weighted positions; what
// onnx-gomlx v0.5.2 makes of cubic, nearest_mode and broken scales is something else.
func resize(w *walk, n *node) value {
	x := w.get(n.input(0))
	dims, y := x.dims(), x.Node
	for name, plain := range map[string]int{"antialias": 0, "exclude_outside": 0} {
		if n.integer(name, plain) != plain {
			exceptions.Panicf("its %s is %d, which is not built here: want 0", name, n.integer(name, plain))
		}
	}
	if policy := n.attributes["keep_aspect_ratio_policy"].text; policy != "" && policy != "stretch" {
		exceptions.Panicf("its keep_aspect_ratio_policy is %s: want stretch", policy)
	}
	sizes, scales := resized(w, n, dims)
	for axis, size := range dims {
		if sizes[axis] < 1 || sizes[axis] > maxSide || sizes[axis]*size > maxWeights {
			exceptions.Panicf("it makes an axis of %d of one of %d: want 1 to %d, and a product of %d at most", sizes[axis],
				size, maxSide, maxWeights)
		}
		if sizes[axis] == size && scales[axis] == 1 {
			continue
		}
		at := func(i int) float64 { return w.origin(n, float64(i), size, sizes[axis], scales[axis]) }
		if mode := n.attributes["mode"].text; mode == "" || mode == "nearest" {
			list := make([]int, sizes[axis])
			for i := range list {
				list[i] = min(max(int(w.nearest(n, at(i))), 0), size-1)
			}
			y = take(y, x.axis(axis), list)
		} else {
			y = along(y, x.axis(axis), weighted(n, mode, size, sizes[axis], at))
		}
	}
	return value{y, x.last}
}

// maxWeights is the number of weights that lead from an axis to another one.
const maxWeights = 1 << 24

// resized are the sizes that Resize makes of axes, and by how much it stretches them.
func resized(w *walk, n *node, dims []int) (sizes []int, scales []float64) {
	axes := n.attributes["axes"].ints
	if len(axes) == 0 {
		for i := range dims {
			axes = append(axes, int64(i))
		}
	}
	given, isSize := n.input(2), false
	if len(n.inputs) == 2 { // before version 11
		given = n.input(1)
	}
	if n.input(3) != "" {
		given, isSize = n.input(3), true
	}
	if given == "" {
		exceptions.Panicf("it has no sizes and no scales: want either")
	}
	list := w.known(given).at
	if len(list) != len(axes) {
		exceptions.Panicf("it has %d sizes or scales: want %d, one for each axis", len(list), len(axes))
	}
	sizes, scales = append(sizes, dims...), make([]float64, len(dims))
	for i := range scales {
		scales[i] = 1
	}
	for k, axis := range axes {
		i := int(axis)
		if i < 0 {
			i += len(dims)
		}
		if i < 0 || i >= len(dims) {
			exceptions.Panicf("it resizes axis %d of %v: there is none", axis, dims)
		}
		if isSize {
			sizes[i] = int(min(max(list[k], 0), maxSide+1))
			scales[i] = float64(sizes[i]) / float64(max(1, dims[i]))
			continue
		}
		scales[i] = list[k]
		sizes[i] = int(min(max(math.Floor(float64(dims[i])*list[k]), 0), maxSide+1))
	}
	return sizes, scales
}

// origin is the position, in an axis of size from, that position i of the resized one stands for.
func (w *walk) origin(n *node, i float64, from, to int, scale float64) float64 {
	mode := n.attributes["coordinate_transformation_mode"].text
	if w.file.opset() < 11 {
		mode = "asymmetric"
	}
	half := (i+0.5)/scale - 0.5
	switch mode {
	case "", "half_pixel":
		return half
	case "pytorch_half_pixel":
		if to == 1 {
			return 0
		}
		return half
	case "half_pixel_symmetric":
		whole := scale * float64(from) // before it is rounded down
		return float64(from)/2*(1-float64(to)/whole) + half
	case "align_corners":
		if to == 1 {
			return 0
		}
		return i * float64(from-1) / float64(to-1)
	case "asymmetric":
		return i / scale
	}
	exceptions.Panicf("its coordinate_transformation_mode %s is not built here: want half_pixel, align_corners or "+
		"asymmetric", mode)
	return 0
}

// nearest rounds a position.
func (w *walk) nearest(n *node, at float64) float64 {
	mode := n.attributes["nearest_mode"].text
	if w.file.opset() < 11 {
		mode = "floor"
	}
	switch mode {
	case "", "round_prefer_floor":
		return math.Ceil(at - 0.5)
	case "round_prefer_ceil":
		return math.Floor(at + 0.5)
	case "floor":
		return math.Floor(at)
	case "ceil":
		return math.Ceil(at)
	}
	exceptions.Panicf("its nearest_mode %s is unknown", mode)
	return 0
}

// weighted are the weights [from, to] of the positions of an axis in those of the resized one. Beyond the axis its edge
// goes on.
func weighted(n *node, mode string, from, to int, at func(i int) float64) [][]float64 {
	weights := make([][]float64, from)
	for i := range weights {
		weights[i] = make([]float64, to)
	}
	a := n.float("cubic_coeff_a", -0.75)
	for i := range to {
		low := math.Floor(at(i))
		r := at(i) - low
		var of []float64 // of the positions around, from first on
		first := low
		switch mode {
		case "linear":
			of = []float64{1 - r, r}
		case "cubic": // Keys' convolution
			near := func(r float64) float64 { return ((a+2)*r-(a+3))*r*r + 1 }
			far := func(r float64) float64 { return ((a*r-5*a)*r+8*a)*r - 4*a }
			of, first = []float64{far(1 + r), near(r), near(1 - r), far(2 - r)}, low-1
		default:
			exceptions.Panicf("its mode %s is unknown: want nearest, linear or cubic", mode)
		}
		for k, weight := range of {
			weights[min(max(int(first)+k, 0), from-1)][i] += weight
		}
	}
	return weights
}

// along multiplies an axis by a matrix.
func along(x *graph.Node, axis int, matrix [][]float64) *graph.Node {
	last := x.Rank() - 1
	x = graph.Transpose(x, axis, last)
	dims := append([]int{}, x.Shape().Dimensions...)
	dims[last] = len(matrix[0])
	m := graph.ConvertDType(graph.Const(x.Graph(), matrix), x.DType())
	y := graph.Dot(graph.Reshape(x, -1, len(matrix)), m).Product()
	return graph.Transpose(graph.Reshape(y, dims...), axis, last)
}
