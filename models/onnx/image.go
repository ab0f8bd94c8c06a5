package onnx

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
)

// window is where a kernel, or the window of a pooling, goes over an image.
type window struct {
	size, stride, dilation [2]int
	pads                   [2][2]int
}

// windowOf reads the settings of a node that goes over x; size is that of a convolution's kernel. Over series it has
// one axis, and goes over images of height 1.
func windowOf(n *node, x value, size []int) (v window) {
	if size == nil {
		for _, s := range n.attributes["kernel_shape"].ints {
			size = append(size, int(s))
		}
	}
	axes := x.Rank() - 2
	if len(size) != axes {
		exceptions.Panicf("its window has %d axes: want %d over %s", len(size), axes, x.Shape())
	}
	v.size = alongBoth(size)
	v.stride, v.dilation = n.steps("strides", axes), n.steps("dilations", axes)
	pads := n.attributes["pads"].ints
	switch auto := n.attributes["auto_pad"].text; {
	case auto == "SAME_UPPER" || auto == "SAME_LOWER":
		images := x.images()
		for i := range 2 {
			in := images.Shape().Dim(1 + i)
			stride := v.stride[i]
			all := max(0, ((in+stride-1)/stride-1)*stride+(v.size[i]-1)*v.dilation[i]+1-in)
			v.pads[i] = [2]int{all / 2, all - all/2}
			if auto == "SAME_LOWER" {
				v.pads[i] = [2]int{all - all/2, all / 2}
			}
		}
	case auto != "" && auto != "NOTSET" && auto != "VALID":
		exceptions.Panicf("auto_pad %s is unknown", auto)
	case len(pads) == 2*axes:
		for i := range axes {
			v.pads[2-axes+i] = [2]int{int(pads[i]), int(pads[axes+i])}
		}
	case len(pads) != 0:
		exceptions.Panicf("it has %d paddings: want %d", len(pads), 2*axes)
	}
	for _, size := range slices.Concat(v.size[:], v.stride[:], v.dilation[:], v.pads[0][:], v.pads[1][:]) {
		if size < 0 || size > maxSide {
			exceptions.Panicf("a size, step or padding of %d: want 0 to %d", size, maxSide)
		}
	}
	return v
}

// steps is a setting of one number an axis, 1 without it.
func (n *node) steps(name string, axes int) [2]int {
	steps := n.attributes[name].ints
	switch {
	case len(steps) == 0:
		return [2]int{1, 1}
	case len(steps) != axes || slices.Min(steps) < 1:
		exceptions.Panicf("its %s are %v: want as many as axes, %d, each 1 or more", name, steps, axes)
	}
	return alongBoth(steps)
}

// alongBoth are numbers for height and width: 1 for the height where there is the length of series alone.
func alongBoth[T int | int64](numbers []T) [2]int {
	last := int(numbers[len(numbers)-1])
	if len(numbers) == 1 {
		return [2]int{1, last}
	}
	return [2]int{int(numbers[0]), last}
}

// conv is a convolution of images with a kernel [out, in, height, width], or of series with one [out, in, length].
func conv(w *walk, n *node) value {
	x := w.get(n.input(0))
	images := x.images()
	k := w.get(n.input(1)).first()
	if k.Rank() != x.Rank() {
		exceptions.Panicf("its kernel is %s: want [out, in, height, width] for images, [out, in, length] for series; it got "+
			"%s", k.Shape(), x.Shape())
	}
	v := windowOf(n, x, k.Shape().Dimensions[2:])
	if k.Rank() == seriesRank {
		k = graph.ExpandAxes(k, 2)
	}
	y := layers.Convolve(images, graph.TransposeAllAxes(k, 2, 3, 1, 0)).StridePerAxis(v.stride[0], v.stride[1]).
		DilationPerAxis(v.dilation[0], v.dilation[1]).Padding(v.pads[0], v.pads[1]).Groups(n.integer("group", 1)).Done()
	if n.input(2) != "" {
		y = layers.AddBias(y, w.get(n.input(2)).first())
	}
	return x.like(y)
}

// FileUpdates is the number of batches that the file's averages count as: enough that each new batch counts with 1 −
// momentum.
const FileUpdates = 1000

// batchNorm is in training form whatever the file says: evaluation uses the averages, which start from the file's.
func batchNorm(w *walk, n *node) value {
	x := w.get(n.input(0))
	for i := 1; i <= 4; i++ {
		if w.byName[n.input(i)] == nil {
			exceptions.Panicf("its input %s is computed or no list of numbers: want four weights", n.input(i))
		}
		w.variable(w.byName[n.input(i)])
	}
	scope := w.folder(w.byName[n.input(1)].Path) // with "scale" at its end
	if !w.config.Random {
		scope.VariableWithValue("updates", tensors.FromScalar(int64(FileUpdates))).SetTrainable(false)
	}
	in := x.Node
	if x.Rank() != 2 {
		in = x.images()
	}
	// Means over a batch want more digits than activations have.
	y := layers.BatchNorm(scope, graph.ConvertDType(in, w.config.DType)).
		Momentum(n.float("momentum", 0.9)).Epsilon(n.float("epsilon", 1e-5)).Done()
	y = graph.ConvertDType(y, w.config.Compute)
	if x.Rank() == 2 {
		return value{y, false}
	}
	return x.like(y)
}

// pool is a pooling of images or series.
func pool(w *walk, n *node, prepare func(x *graph.Node, window int) *layers.Pooling) value {
	in := w.get(n.input(0))
	x := in.images()
	v := windowOf(n, in, nil)
	if v.dilation != [2]int{1, 1} {
		exceptions.Panicf("its window has the dilation %v: want none", v.dilation)
	}
	if n.integer("ceil_mode", 0) != 0 {
		for i := range 2 {
			if (x.Shape().Dim(1+i)+v.pads[i][0]+v.pads[i][1]-v.size[i])%v.stride[i] != 0 {
				exceptions.Panicf("ceil_mode with images of %s: want windows that end with the image", x.Shape())
			}
		}
	}
	if n.integer("count_include_pad", 0) != 0 {
		x = layers.Pad(x, 0, layers.Padding{}, layers.Padding{Before: v.pads[0][0], After: v.pads[0][1]},
			layers.Padding{Before: v.pads[1][0], After: v.pads[1][1]}, layers.Padding{})
		v.pads = [2][2]int{}
	}
	y := prepare(x, 1).Window(v.size[0], v.size[1]).StridePerAxis(v.stride[0], v.stride[1]).
		Padding(v.pads[0], v.pads[1]).Done()
	return in.like(y)
}

func maxPool(w *walk, n *node) value {
	if len(n.outputs) > 1 && n.outputs[1] != "" {
		exceptions.Panicf("it makes the places of the largest values too: want the values alone")
	}
	return pool(w, n, layers.MaxPool)
}

func meanPool(w *walk, n *node) value {
	return pool(w, n, layers.MeanPool)
}

func globalMeanPool(w *walk, n *node) value {
	x := w.get(n.input(0))
	return x.like(graph.ExpandAxes(layers.GlobalMeanPool(x.images()), 1, 2))
}

// elementType is the number of a type in ONNX.
func elementType(d dtypes.DType) int {
	switch d {
	case dtypes.Float64:
		return typeDouble
	case dtypes.BFloat16:
		return typeBFloat16
	case dtypes.Int64:
		return typeInt64
	case dtypes.Int32:
		return typeInt32
	case dtypes.Bool:
		return typeBool
	}
	return typeFloat
}
