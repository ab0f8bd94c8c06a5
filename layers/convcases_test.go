package layers_test

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/layers"
)

// convCase is one setting of a convolution. The padding of "same" is left to the code under test.
type convCase struct {
	name             string
	image            [3]int // height, width, channels
	kernel           [3]int // height, width, output channels
	stride, dilation int
	strides          [2]int // in place of stride, where it differs by axis
	dilations        [2]int // likewise
	same             bool
	height, width    [2]int // padding, when not same
	groups           int
}

var convCases = []convCase{
	{name: "3x3 same", image: [3]int{5, 6, 2}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, same: true, groups: 1},
	{name: "3x3 valid", image: [3]int{5, 6, 2}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, groups: 1},
	{name: "even kernel same", image: [3]int{5, 6, 2}, kernel: [3]int{2, 4, 3}, stride: 1, dilation: 1, same: true,
		groups: 1},
	{name: "stride 2 same, even image", image: [3]int{6, 4, 2}, kernel: [3]int{3, 3, 3}, stride: 2, dilation: 1,
		same: true, groups: 1},
	{name: "stride 2 same, odd image", image: [3]int{5, 7, 2}, kernel: [3]int{3, 3, 3}, stride: 2, dilation: 1,
		same: true, groups: 1},
	{name: "stride 2 valid, last row unused", image: [3]int{6, 6, 1}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1,
		groups: 1},
	{name: "stride 3 beyond a 2x2 kernel", image: [3]int{7, 8, 2}, kernel: [3]int{2, 2, 2}, stride: 3, dilation: 1,
		groups: 1},
	{name: "1x1 stride 2", image: [3]int{5, 6, 3}, kernel: [3]int{1, 1, 4}, stride: 2, dilation: 1, same: true, groups: 1},
	{name: "1x1", image: [3]int{3, 4, 3}, kernel: [3]int{1, 1, 4}, stride: 1, dilation: 1, groups: 1},
	{name: "dilation 2 same", image: [3]int{6, 7, 2}, kernel: [3]int{3, 3, 2}, stride: 1, dilation: 2, same: true,
		groups: 1},
	{name: "dilation 2 valid", image: [3]int{6, 7, 2}, kernel: [3]int{3, 2, 2}, stride: 1, dilation: 2, groups: 1},
	{name: "stride 2 and dilation 2", image: [3]int{7, 8, 2}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 2,
		same: true, groups: 1},
	{name: "explicit padding, one-sided", image: [3]int{5, 4, 2}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1,
		height: [2]int{0, 1}, width: [2]int{2, 0}, groups: 1},
	{name: "stride 2, padding after the image alone", image: [3]int{4, 4, 2}, kernel: [3]int{3, 3, 2}, stride: 2,
		dilation: 1,
		height:   [2]int{0, 3}, width: [2]int{0, 3}, groups: 1},
	{name: "stride 3, 5x4 kernel", image: [3]int{8, 9, 2}, kernel: [3]int{5, 4, 3}, stride: 3, dilation: 1,
		height: [2]int{1, 2}, width: [2]int{1, 0}, groups: 1},
	{name: "padding beyond the kernel", image: [3]int{4, 4, 1}, kernel: [3]int{2, 2, 2}, stride: 1, dilation: 1,
		height: [2]int{3, 2}, width: [2]int{2, 4}, groups: 1},
	{name: "a kernel of more numbers than its images", image: [3]int{2, 3, 6}, kernel: [3]int{3, 3, 7}, stride: 1,
		dilation: 1, same: true, groups: 1},
	{name: "such a kernel, dilation 2, other padding on each side", image: [3]int{3, 3, 6}, kernel: [3]int{3, 2, 7},
		stride: 1, dilation: 2,
		height: [2]int{3, 1}, width: [2]int{0, 2}, groups: 1},
	{name: "such a kernel, padding beyond it", image: [3]int{2, 2, 8}, kernel: [3]int{2, 2, 9}, stride: 1, dilation: 1,
		height: [2]int{2, 0}, width: [2]int{0, 3}, groups: 1},
	{name: "11x11 stride 4 padding 5", image: [3]int{12, 12, 1}, kernel: [3]int{11, 11, 2}, stride: 4, dilation: 1,
		height: [2]int{5, 5}, width: [2]int{5, 5}, groups: 1},
	{name: "2 groups", image: [3]int{4, 5, 4}, kernel: [3]int{3, 3, 6}, stride: 1, dilation: 1, same: true, groups: 2},
	{name: "2 groups stride 2", image: [3]int{5, 6, 4}, kernel: [3]int{3, 3, 2}, stride: 2, dilation: 1, same: true,
		groups: 2},
	{name: "depthwise", image: [3]int{4, 5, 3}, kernel: [3]int{3, 3, 3}, stride: 1, dilation: 1, same: true, groups: 3},
	{name: "depthwise, 2 outputs a channel, stride 2", image: [3]int{5, 5, 3}, kernel: [3]int{3, 3, 6}, stride: 2,
		dilation: 1, same: true, groups: 3},
	{name: "stride 2 along the height", image: [3]int{6, 5, 2}, kernel: [3]int{3, 3, 3}, strides: [2]int{2, 1},
		dilation: 1, same: true, groups: 1},
	{name: "stride 2 along the width", image: [3]int{5, 6, 2}, kernel: [3]int{3, 3, 3}, strides: [2]int{1, 2},
		dilation: 1, same: true, groups: 1},
	{name: "strides 3 and 2, a kernel that fits", image: [3]int{9, 8, 2}, kernel: [3]int{5, 4, 3}, strides: [2]int{3, 2},
		dilation: 1,
		height:   [2]int{1, 2}, width: [2]int{1, 1}, groups: 1},
	{name: "1x1 with padding, stride 2", image: [3]int{4, 5, 3}, kernel: [3]int{1, 1, 4}, stride: 2, dilation: 1,
		height: [2]int{1, 1}, width: [2]int{0, 1}, groups: 1},
	{name: "1x1 strides 1 and 2", image: [3]int{4, 5, 3}, kernel: [3]int{1, 1, 4}, strides: [2]int{1, 2}, dilation: 1,
		groups: 1},
	{name: "dilations 1 and 2, strides 2 and 1, 2 groups", image: [3]int{6, 7, 4}, kernel: [3]int{3, 3, 2},
		strides: [2]int{2, 1}, dilations: [2]int{1, 2}, same: true, groups: 2},
	{name: "dilations 2 and 1", image: [3]int{7, 6, 2}, kernel: [3]int{3, 3, 2}, stride: 1, dilations: [2]int{2, 1},
		groups: 1},
	{name: "depthwise, dilation 2", image: [3]int{5, 5, 2}, kernel: [3]int{3, 3, 2}, stride: 1, dilation: 2, same: true,
		groups: 2},
}

const convBatch = 2

func (c convCase) shapes() (x, k []int) {
	return []int{convBatch, c.image[0], c.image[1], c.image[2]},
		[]int{c.kernel[0], c.kernel[1], c.image[2] / c.groups, c.kernel[2]}
}

// steps are strides and dilations by axis.
func (c convCase) steps() (strides, dilations [2]int) {
	strides, dilations = c.strides, c.dilations
	if c.stride > 0 {
		strides = [2]int{c.stride, c.stride}
	}
	if c.dilation > 0 {
		dilations = [2]int{c.dilation, c.dilation}
	}
	return strides, dilations
}

func (c convCase) build(args []*graph.Node) *graph.Node {
	conv := layers.Convolve(args[0], args[1]).Groups(c.groups)
	if conv.Stride(c.stride); c.stride == 0 {
		conv.StridePerAxis(c.strides[0], c.strides[1])
	}
	if conv.Dilation(c.dilation); c.dilation == 0 {
		conv.DilationPerAxis(c.dilations[0], c.dilations[1])
	}
	if c.same {
		return conv.Same().Done()
	}
	return conv.Padding(c.height, c.width).Done()
}

// byHand computes the convolution by its definition.
func (c convCase) byHand(x, k []float64) (dims []int, y []float64) {
	pad := [2][2]int{c.height, c.width}
	var out [2]int
	strides, dilations := c.steps()
	for axis := range 2 {
		extent := (c.kernel[axis]-1)*dilations[axis] + 1
		if c.same {
			pad[axis] = [2]int{(extent - 1) / 2, extent / 2}
		}
		out[axis] = (c.image[axis]+pad[axis][0]+pad[axis][1]-extent)/strides[axis] + 1
	}
	inGroup, outGroup := c.image[2]/c.groups, c.kernel[2]/c.groups
	for n := range convBatch {
		for i := range out[0] {
			for j := range out[1] {
				for o := range c.kernel[2] {
					sum := 0.0
					for a := range c.kernel[0] {
						for b := range c.kernel[1] {
							row := i*strides[0] + a*dilations[0] - pad[0][0]
							column := j*strides[1] + b*dilations[1] - pad[1][0]
							if row < 0 || row >= c.image[0] || column < 0 || column >= c.image[1] {
								continue
							}
							for ch := range inGroup {
								xAt := ((n*c.image[0]+row)*c.image[1]+column)*c.image[2] + o/outGroup*inGroup + ch
								kAt := ((a*c.kernel[1]+b)*inGroup+ch)*c.kernel[2] + o
								sum += x[xAt] * k[kAt]
							}
						}
					}
					y = append(y, sum)
				}
			}
		}
	}
	return []int{convBatch, out[0], out[1], c.kernel[2]}, y
}
