package layers

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/derivatives"
)

// BatchNormalization is a batch normalisation under construction: set what differs from the defaults, then call Done.
type BatchNormalization struct {
	scope             *model.Scope
	x                 *graph.Node
	momentum, epsilon float64
}

// BatchNorm prepares the normalisation of each channel, the last axis of x, over all other axes:
//
//	y = scale · (x − m) / √(s + epsilon) + offset
//
// While the graph is training (scope.IsTraining), m and s are mean and variance (dividing by n, not n − 1) of the
// batch, and derivatives see that they depend on x. Otherwise they are running averages, which are constants.
//
// Variables in the scope: "scale" (at first 1) and "offset" (0), trainable, [channels]; "mean" (0), "variance" (1),
// [channels], and "updates" (0), an int64 scalar, not trainable. A training graph updates the latter once:
//
//	average ← average + (batch's value − average)·max(1 − momentum, 1/(updates + 1)),   updates ← updates + 1
//
// so the averages are plain means of the first batches, and no trace of their initial values is left. Momentum is 0.9
// and epsilon 1e-5 unless set otherwise. The variance is mean(x²) − m²: where m is many times the deviation it loses
// digits, in float32 about 1e-7·m²/s of s; hand half-precision x over in float32.
func BatchNorm(scope *model.Scope, x *graph.Node) *BatchNormalization {
	if x.Rank() < 2 {
		exceptions.Panicf("layers.BatchNorm: got x of shape %s: want [batch, ..., channels]", x.Shape())
	}
	return &BatchNormalization{scope: scope, x: x, momentum: 0.9, epsilon: 1e-5}
}

// Momentum sets the weight of the past in the running averages, in [0, 1): 0 keeps only the last batch.
func (b *BatchNormalization) Momentum(m float64) *BatchNormalization {
	b.momentum = m
	return b
}

// Epsilon sets what is added to the variance, > 0.
func (b *BatchNormalization) Epsilon(e float64) *BatchNormalization {
	b.epsilon = e
	return b
}

// Done adds the normalisation to the graph and returns its result, of the shape of x.
func (b *BatchNormalization) Done() *graph.Node {
	if !(b.momentum >= 0 && b.momentum < 1) || !(b.epsilon > 0) {
		exceptions.Panicf("layers.BatchNorm: got momentum %v and epsilon %v: want 0 ≤ momentum < 1 and epsilon > 0",
			b.momentum, b.epsilon)
	}
	x, g := b.x, b.x.Graph()
	shape := shapes.Make(x.DType(), x.Shape().Dim(-1))
	scale := Variable(b.scope, "scale", shape, Constant(1))
	offset := Variable(b.scope, "offset", shape, Constant(0))
	averages := newRunningAverages(b.scope, shape)

	if b.scope.IsTraining(g) || derivatives.UsesBatchStatistics(g) {
		mean := meanOfChannels(x)
		variance := varianceOfChannels(x, mean)
		averages.update(g, mean, variance, b.momentum)
		return AddBias(normalise(x, mean, graph.AddScalar(variance, b.epsilon), scale.NodeValue(g)), offset.NodeValue(g))
	}
	mean := alongLastAxis(graph.StopGradient(averages.mean.NodeValue(g)), x)
	variance := alongLastAxis(graph.StopGradient(averages.variance.NodeValue(g)), x)
	slope := graph.Div(alongLastAxis(scale.NodeValue(g), x), graph.Sqrt(graph.AddScalar(variance, b.epsilon)))
	return AddBias(graph.Mul(graph.Sub(x, mean), slope), offset.NodeValue(g))
}

// normalise returns y = (x − m)·scale/√s, where mean m and variance s (with epsilon) are functions of x, [1, ...,
// channels].
//
// Its adjoint, with averages over all axes but the last and c = x − m:
//
//	∂x = (scale·(v − mean(v)) − c·scale·mean(v c)/s)/√s,  ∂scale = n·mean(v c)/√s
//
// The division comes last on purpose: then XLA computes ∂x once. It takes what ends in a multiplication to be cheap,
// and computes it again in each operation that reads it, the parts of a kernel gradient among them.
//
// The adjoint computes c again from x, when v is known, and mean(v c) as mean(v x) − m·mean(v). GoMLX's derivative of
// the single operations holds x and c from the forward pass on, and passes over the images more often.
func normalise(x, mean, variance, scale *graph.Node) *graph.Node {
	root := graph.Sqrt(variance)
	scales := alongLastAxis(scale, x)
	return composite(graph.Mul(graph.Sub(x, mean), graph.Div(scales, root)), func(v *graph.Node) []*graph.Node {
		centred := graph.Sub(after(x, v), mean)
		meanV := meanOfChannels(v)
		product := graph.Sub(meanOfChannels(graph.Mul(v, x)), graph.Mul(mean, meanV))
		scaled := graph.Sub(graph.Mul(scales, graph.Sub(v, meanV)), graph.Mul(centred, graph.Div(graph.Mul(scales,
			product), variance)))
		dx := graph.Div(scaled, root)
		n := float64(x.Shape().Size() / x.Shape().Dim(-1))
		dscale := graph.MulScalar(graph.Div(product, root), n)
		return []*graph.Node{dx, graph.Reshape(dscale, scale.Shape().Dimensions...)}
	}, x, scale)
}

// meanOfChannels averages over all axes but the last, [..., channels] → [1, ..., channels].
func meanOfChannels(x *graph.Node) *graph.Node {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i
	}
	return graph.ReduceAndKeep(x, graph.ReduceMean, axes...)
}

// varianceOfChannels returns mean(x²) − m², at least 0, [1, ..., channels]. Averaging the squared deviations x − m
// would take one more pass over the images, one that writes them. In float32 the result is off by about 1e-7·(1 +
// m²/variance) of itself: what comes out of a convolution has means of the size of its deviations.
func varianceOfChannels(x, mean *graph.Node) *graph.Node {
	return graph.MaxScalar(graph.Sub(meanOfChannels(graph.Square(x)), graph.Square(mean)), 0)
}

// runningAverages are the statistics of past batches, one value for each channel.
type runningAverages struct {
	mean, variance, updates *model.Variable
}

func newRunningAverages(scope *model.Scope, shape shapes.Shape) runningAverages {
	// A checkpoint restores a variable as trainable, so mark it as not trainable every time.
	return runningAverages{
		mean:     Variable(scope, "mean", shape, Constant(0)).SetTrainable(false),
		variance: Variable(scope, "variance", shape, Constant(1)).SetTrainable(false),
		updates:  scope.VariableWithValue("updates", tensors.FromScalar(int64(0))).SetTrainable(false),
	}
}

// update takes the statistics of one more batch into the averages.
func (r runningAverages) update(g *graph.Graph, mean, variance *graph.Node, momentum float64) {
	updates := graph.AddScalar(r.updates.NodeValue(g), 1)
	r.updates.SetNodeValue(updates)
	weight := graph.MaxScalar(graph.Reciprocal(graph.ConvertDType(updates, mean.DType())), 1-momentum)
	move := func(average *model.Variable, batch *graph.Node) {
		old := average.NodeValue(g)
		batch = graph.StopGradient(graph.Reshape(batch, old.Shape().Dimensions...))
		average.SetNodeValue(graph.Add(old, graph.Mul(graph.Sub(batch, old), weight)))
	}
	move(r.mean, mean)
	move(r.variance, variance)
}
