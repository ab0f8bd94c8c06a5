package onnx

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/layers"
)

// window is where a kernel, or the window of a pooling, goes over an image.
type window struct {
	size             [2]int
	stride, dilation int
	pads             [2][2]int
}

// windowOf reads the settings of a node; size is that of a convolution's kernel.
func windowOf(n *node, x *graph.Node, size []int) (v window) {
	if size == nil {
		for _, s := range n.attributes["kernel_shape"].ints {
			size = append(size, int(s))
		}
	}
	if len(size) != 2 {
		exceptions.Panicf("its window has %d axes: want 2, height and width", len(size))
	}
	v.size = [2]int(size)
	v.stride, v.dilation = n.step("strides"), n.step("dilations")
	pads := n.attributes["pads"].ints
	switch auto := n.attributes["auto_pad"].text; {
	case auto == "SAME_UPPER" || auto == "SAME_LOWER":
		for i := range 2 {
			in := x.Shape().Dim(1 + i)
			all := max(0, ((in+v.stride-1)/v.stride-1)*v.stride+(v.size[i]-1)*v.dilation+1-in)
			v.pads[i] = [2]int{all / 2, all - all/2}
			if auto == "SAME_LOWER" {
				v.pads[i] = [2]int{all - all/2, all / 2}
			}
		}
	case auto != "" && auto != "NOTSET" && auto != "VALID":
		exceptions.Panicf("auto_pad %s is unknown", auto)
	case len(pads) == 4:
		v.pads = [2][2]int{{int(pads[0]), int(pads[2])}, {int(pads[1]), int(pads[3])}}
	case len(pads) != 0:
		exceptions.Panicf("it has %d paddings: want 4", len(pads))
	}
	for _, size := range []int{v.size[0], v.size[1], v.stride, v.dilation, v.pads[0][0], v.pads[0][1], v.pads[1][0],
		v.pads[1][1]} {
		if size < 0 || size > maxSide {
			exceptions.Panicf("a size, step or padding of %d: want 0 to %d", size, maxSide)
		}
	}
	return v
}

// step is a setting that must be the same along both axes, 1 without it.
func (n *node) step(name string) int {
	steps := n.attributes[name].ints
	switch {
	case len(steps) == 0:
		return 1
	case len(steps) != 2 || steps[0] != steps[1] || steps[0] < 1:
		exceptions.Panicf("its %s are %v: want two that are equal", name, steps)
	}
	return int(steps[0])
}

// conv is a convolution with a kernel [out, in, height, width].
func conv(w *walk, n *node) value {
	x := w.get(n.input(0)).images()
	k := w.get(n.input(1)).first()
	if k.Rank() != 4 {
		exceptions.Panicf("its kernel is %s: want [out, in, height, width]", k.Shape())
	}
	v := windowOf(n, x, k.Shape().Dimensions[2:])
	y := layers.Convolve(x, graph.TransposeAllAxes(k, 2, 3, 1, 0)).Stride(v.stride).Dilation(v.dilation).
		Padding(v.pads[0], v.pads[1]).Groups(n.integer("group", 1)).Done()
	if n.input(2) != "" {
		y = layers.AddBias(y, w.get(n.input(2)).first())
	}
	return value{y, true}
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
	in, last := x.Node, x.last || x.Rank() == 2
	if !last {
		in = x.images()
	}
	// Means over a batch want more digits than activations have.
	y := layers.BatchNorm(scope, graph.ConvertDType(in, w.config.DType)).
		Momentum(n.float("momentum", 0.9)).Epsilon(n.float("epsilon", 1e-5)).Done()
	return value{graph.ConvertDType(y, w.config.Compute), in.Rank() == 4}
}

// pooling prepares a pooling of square windows.
func pooling(w *walk, n *node, prepare func(x *graph.Node, window int) *layers.Pooling) *layers.Pooling {
	x := w.get(n.input(0)).images()
	v := windowOf(n, x, nil)
	if len(n.attributes["strides"].ints) == 0 {
		v.stride = 1
	}
	if v.size[0] != v.size[1] || v.dilation != 1 {
		exceptions.Panicf("its window is %v with dilation %d: want a square one without", v.size, v.dilation)
	}
	if n.integer("ceil_mode", 0) != 0 {
		for i := range 2 {
			if (x.Shape().Dim(1+i)+v.pads[i][0]+v.pads[i][1]-v.size[i])%v.stride != 0 {
				exceptions.Panicf("ceil_mode with images of %s: want windows that end with the image", x.Shape())
			}
		}
	}
	if n.integer("count_include_pad", 0) != 0 {
		x = layers.Pad(x, 0, layers.Padding{}, layers.Padding{Before: v.pads[0][0], After: v.pads[0][1]},
			layers.Padding{Before: v.pads[1][0], After: v.pads[1][1]}, layers.Padding{})
		v.pads = [2][2]int{}
	}
	return prepare(x, v.size[0]).Stride(v.stride).Padding(v.pads[0], v.pads[1])
}

func maxPool(w *walk, n *node) value {
	if len(n.outputs) > 1 {
		exceptions.Panicf("it makes the places of the largest values too: want the values alone")
	}
	return value{pooling(w, n, layers.MaxPool).Done(), true}
}

func meanPool(w *walk, n *node) value {
	return value{pooling(w, n, layers.MeanPool).Done(), true}
}

func globalMeanPool(w *walk, n *node) value {
	x := w.get(n.input(0)).images()
	y := layers.GlobalMeanPool(x)
	return value{graph.Reshape(y, x.Shape().Dim(0), 1, 1, x.Shape().Dim(3)), true}
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
