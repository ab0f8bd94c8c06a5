package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Config says how a file is used as a model.
type Config struct {
	Height, Width, Channels int // of the images; 1, 1 and the number of columns of a table
	Outputs                 int // classes, or 1 for a regression
	// DType is the type of the weights and of the result, float32 or float64, Compute that of all else; see models.Config.
	DType, Compute dtypes.DType
	// Random draws the weights anew from Seed in place of those of the file.
	Random bool
	Seed   int64
	// Head, if not "", names a node or its output. What follows it is replaced by a new dense layer from all of that
	// output to the network's outputs, drawn from Seed.
	Head string
}

// Net is a network that can be trained. It holds no weights: they are in the store of the scope that Graph gets.
type Net struct {
	file    *File
	config  Config
	nodes   []*node // that lead to output, in order
	output  string
	weights []*Weight
	byName  map[string]*Weight
	data    map[string]bool // what depends on the input or on weights, and not on shapes alone
	ofInput map[string]bool // what depends on the input
	folds   map[string]bool // what is known while the network is built: see fold.go
	notes   []string
}

// New returns the network of a file. It fails when the file cannot be trained on such examples.
func New(f *File, c Config) (*Net, error) {
	if c.Compute == dtypes.InvalidDType {
		c.Compute = c.DType
	}
	n := &Net{file: f, config: c, byName: map[string]*Weight{}, data: map[string]bool{},
		ofInput: map[string]bool{}, folds: map[string]bool{}}
	err := errors.Join(n.checkInput(), n.cut())
	if err == nil {
		n.nodes = f.leadingTo(n.output)
		err = f.checkOperations(n.nodes)
	}
	if err == nil {
		n.weights, err = findWeights(f, n.nodes)
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", f.path, err)
	}
	for _, w := range n.weights {
		n.byName[w.Name] = w
	}
	n.markData()
	return n, nil
}

// checkInput compares the input of the file with the examples.
func (n *Net) checkInput() error {
	c, in := n.config, n.file.inputs[0]
	want, got := []int{c.Channels, c.Height, c.Width}, in.dims
	axes, way := "channels, height and width", "--image HxWxC resizes images of folder and parquet"
	switch len(in.dims) {
	case 4:
	case 2:
		want, axes = []int{c.Channels * c.Height * c.Width}, "numbers"
	case seriesRank:
		channels, length := n.series()
		want, axes = []int{channels, length}, "channels and length"
		way = "series are npz arrays [n, channels, length], or tables, which have one channel"
	default:
		return fmt.Errorf("its input %s has %d axes: want [batch, channels, height, width], [batch, channels, length] or "+
			"[batch, numbers]", in.name, len(in.dims))
	}
	for i, d := range got[1:] {
		if d >= 0 && int(d) != want[i] {
			return fmt.Errorf("its input %s is %v (batch, then %s), the examples are %d×%d×%d (height, width, channels): want "+
				"the same; %s", in.name, got, axes, c.Height, c.Width, c.Channels, way)
		}
	}
	return nil
}

// series are the examples as channels and length. Data have them as [n, channels, length], which are read as images of
// one channel, or as tables. Images in colour are none: then the channels are 0.
func (n *Net) series() (channels, length int) {
	switch c := n.config; {
	case c.Channels == 1:
		return c.Height, c.Width
	case c.Height == 1 && c.Width == 1:
		return 1, c.Channels
	}
	return 0, 0
}

// cut finds the node up to which the network is used.
func (n *Net) cut() error {
	n.output = n.file.outputs[0].name
	if n.config.Head != "" {
		for _, of := range n.file.nodes {
			if of.name == n.config.Head || slices.Contains(of.outputs, n.config.Head) {
				n.output = of.outputs[0]
				if slices.Contains(of.outputs, n.config.Head) {
					n.output = n.config.Head
				}
				return nil
			}
		}
		return fmt.Errorf("there is no node %q for --head: the last ones are %s", n.config.Head, n.file.lastNodes())
	}
	last := n.file.makers[n.output]
	for last != nil && slices.Contains(shapeOnly, last.op) {
		last = n.file.makers[last.input(0)]
	}
	if last != nil && (last.op == "Softmax" || last.op == "LogSoftmax") {
		n.notes = append(n.notes, fmt.Sprintf("%s is left out: the loss has a softmax itself", last))
		n.output = last.inputs[0]
	}
	return nil
}

// shapeOnly are operations that leave numbers as they are.
var shapeOnly = strings.Fields("Identity Cast Flatten Squeeze Unsqueeze Reshape")

// lastNodes names the last nodes of the file.
func (f *File) lastNodes() string {
	var names []string
	for _, n := range f.nodes[max(0, len(f.nodes)-6):] {
		names = append(names, strings.TrimPrefix(n.String(), "node "))
	}
	return strings.Join(slices.Compact(names), ", ")
}

// leadingTo lists the nodes that an output needs, in the order of the file.
func (f *File) leadingTo(output string) (nodes []*node) {
	needed := map[string]bool{output: true}
	for _, n := range slices.Backward(f.nodes) {
		if slices.ContainsFunc(n.outputs, func(name string) bool { return name != "" && needed[name] }) {
			nodes = append(nodes, n)
			for _, name := range n.inputs {
				needed[name] = true
			}
		}
	}
	slices.Reverse(nodes)
	return nodes
}

// markData finds what depends on the input or on weights.
func (n *Net) markData() {
	n.data[n.file.inputs[0].name], n.ofInput[n.file.inputs[0].name] = true, true
	for _, w := range n.weights {
		n.data[w.Name] = true
	}
	for _, of := range n.nodes {
		if of.op == "Shape" || of.op == "Size" {
			continue
		}
		for _, marked := range []map[string]bool{n.data, n.ofInput} {
			if slices.ContainsFunc(of.inputs, func(name string) bool { return marked[name] }) {
				for _, name := range of.outputs {
					marked[name] = name != ""
				}
			}
		}
	}
}

// Weights are those of the file, in the order in which they are used.
func (n *Net) Weights() []*Weight { return n.weights }

// Graph builds the network: it is a train.ModelFn. inputs[0] holds images, [batch, height, width, channels]; the result
// is one node, [batch, outputs], of type Config.DType. spec is not used.
func (n *Net) Graph(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
	c := n.config
	if len(inputs) != 1 || inputs[0].Rank() != 4 {
		exceptions.Panicf("onnx: %s got %d inputs: want one, [batch, height, width, channels]", n.file.path, len(inputs))
	}
	w := newWalk(n, scope, graph.ConvertDType(inputs[0], c.Compute))
	y := w.get(n.output).first()
	batch := inputs[0].Shape().Dim(0)
	if y.Rank() < 2 || y.Shape().Dim(0) != batch {
		exceptions.Panicf("onnx: %s: %s makes %s of %d examples: want an output for each example; a batch size may be fixed "+
			"in the file: export it with dynamic axes", n.file.path, n.output, y.Shape(), batch)
	}
	y = graph.Reshape(y, batch, -1)
	if c.Head != "" {
		y = w.head(y)
	}
	if y.Shape().Dim(1) != c.Outputs {
		exceptions.Panicf("onnx: %s has %d outputs, the data wants %d: --head NODE puts a new layer after a node; the last "+
			"ones are %s", n.file.path, y.Shape().Dim(1), c.Outputs, n.file.lastNodes())
	}
	return []*graph.Node{graph.ConvertDType(y, c.DType)}
}
