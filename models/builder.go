package models

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	gomlxlayers "github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/layers"
)

// builder adds layers with their weights to a graph, at one place in the tree of scopes.
type builder struct {
	config Config
	root   string // path of the model's scope
	scope  *model.Scope
}

// in returns the builder for a part of the model.
func (b *builder) in(format string, args ...any) *builder {
	return &builder{config: b.config, root: b.root, scope: b.scope.In("%s", fmt.Sprintf(format, args...))}
}

// conv is a square convolution without biases, with padding that keeps the size divided by the stride.
func (b *builder) conv(name string, x *graph.Node, size, channels, stride int) *graph.Node {
	return b.in("%s", name).convolve(x, size, channels).Stride(stride).Same().Done()
}

// convolve prepares a square convolution without biases whose kernel is here.
func (b *builder) convolve(x *graph.Node, size, channels int) *layers.Convolution {
	return layers.Convolve(x, b.weights(x.Graph(), size, size, x.Shape().Dim(-1), channels))
}

// convBias is a square convolution with biases, kernel and biases here.
func (b *builder) convBias(x *graph.Node, size, channels, stride, padding int) *graph.Node {
	pad := [2]int{padding, padding}
	x = b.convolve(x, size, channels).Stride(stride).Padding(pad, pad).Done()
	return layers.AddBias(x, b.biases(x.Graph(), channels))
}

// convReLU is convBias and ReLU.
func (b *builder) convReLU(x *graph.Node, size, channels, stride, padding int) *graph.Node {
	return layers.ReLU(b.convBias(x, size, channels, stride, padding))
}

// norm is a batch normalisation, in the type of the weights: means over a batch want more digits than activations have.
func (b *builder) norm(name string, x *graph.Node) *graph.Node {
	y := layers.BatchNorm(b.in("%s", name).scope, graph.ConvertDType(x, b.config.DType)).Done()
	return graph.ConvertDType(y, b.config.Compute)
}

// dense is a dense layer with biases.
func (b *builder) dense(name string, x *graph.Node, units int) *graph.Node {
	at := b.in("%s", name)
	return layers.Dense(x, at.weights(x.Graph(), x.Shape().Dim(-1), units), at.biases(x.Graph(), units))
}

// dropout drops hidden units while the graph is training.
func (b *builder) dropout(x *graph.Node) *graph.Node {
	return gomlxlayers.DropoutStatic(b.scope, x, b.config.Dropout)
}

// weights returns the kernel of a layer, [..., in, out], drawn from a normal distribution of mean 0 and variance
// 2/fan-in (He et al. 2015, arXiv:1502.01852), where fan-in is the number of inputs of one unit: the product of all
// dimensions but the last.
//
// Each variable has a stream of its own, made from the seed and its path below the model's scope, so its values depend
// neither on the order of creation nor on where the model is put nor on the backend.
func (b *builder) weights(g *graph.Graph, dims ...int) *graph.Node {
	const name = "weights"
	v := layers.Variable(b.scope, name, b.shape(dims...), func(values []float64) {
		path := strings.TrimPrefix(model.JoinPath(b.scope.Scope(), name), b.root)
		random := stream(b.config.Seed, strings.TrimPrefix(path, model.ScopeSeparator))
		fanIn := len(values) / dims[len(dims)-1]
		std := math.Sqrt(2 / float64(fanIn))
		for i := range values {
			values[i] = std * random.NormFloat64()
		}
	})
	return b.copyOf(v, g)
}

// biases returns the biases of a layer, zero at first.
func (b *builder) biases(g *graph.Graph, units int) *graph.Node {
	return b.copyOf(layers.Variable(b.scope, "biases", b.shape(units), layers.Constant(0)), g)
}

// copyOf returns a variable's value in the type that layers compute in; gradients flow back to the variable's own.
func (b *builder) copyOf(v *model.Variable, g *graph.Graph) *graph.Node {
	return graph.ConvertDType(v.NodeValue(g), b.config.Compute)
}

func (b *builder) shape(dims ...int) shapes.Shape { return shapes.Make(b.config.DType, dims...) }

// stream returns the random numbers for the variable at path, which is relative to the model ("conv1/weights").
func stream(seed int64, path string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(path))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}
