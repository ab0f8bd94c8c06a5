package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// sgdScope is where momentum is kept: /SGDOptimizer/<scope of the variable>/<name of the variable>_momentum.
const sgdScope = "SGDOptimizer"

// SGDConfig are the settings of SGD. Start with SGD and end with Done.
type SGDConfig struct {
	learningRate, momentum, weightDecay float64
	nesterov, decayBiasesAndNorms       bool
}

// SGD is stochastic gradient descent with learning rate lr, a finite number > 0. Without more it is w ← w − lr·g. With
// momentum μ and weight decay λ, each parameter w with its gradient g becomes
//
//	d = g + λ·w
//	m ← μ·m + d                   m is 0 at first; μ = 0 keeps none
//	w ← w − lr·m                  or, with Nesterov, w ← w − lr·(d + μ·m)
//
// So weight decay is the gradient of λ‖w‖²/2 and passes through the momentum. As a base of package xsam it is added to
// the corrected gradient.
//
// The learning rate is in GoMLX's variable /optimizers/learning_rate, in the type of the loss, where Scheduled and
// GoMLX's own schedules set it. Parameters in half precision are updated in float32, and their momentum is kept in
// float32.
//
// Reference: Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning", in the
// form of PyTorch's SGD.
func SGD(lr float64) *SGDConfig {
	return &SGDConfig{learningRate: lr, decayBiasesAndNorms: true}
}

// Momentum sets μ, 0 ≤ μ < 1. It is 0 at first, which keeps nothing between steps.
func (c *SGDConfig) Momentum(mu float64) *SGDConfig {
	c.momentum = mu
	return c
}

// Nesterov chooses the look-ahead form of momentum, with d + μ·m in place of m. It needs a momentum above 0.
func (c *SGDConfig) Nesterov(nesterov bool) *SGDConfig {
	c.nesterov = nesterov
	return c
}

// WeightDecay sets λ ≥ 0. It is 0 at first.
func (c *SGDConfig) WeightDecay(lambda float64) *SGDConfig {
	c.weightDecay = lambda
	return c
}

// DecayBiasesAndNorms tells whether weight decay acts on every parameter, as it does at first, or leaves out those with
// fewer than two axes: biases, and the scales and offsets of normalisation layers.
func (c *SGDConfig) DecayBiasesAndNorms(decay bool) *SGDConfig {
	c.decayBiasesAndNorms = decay
	return c
}

// Validate returns an error that names every setting which is out of its range.
func (c *SGDConfig) Validate() error {
	var errs []error
	if !(c.learningRate > 0 && c.learningRate <= math.MaxFloat64) {
		errs = append(errs, fmt.Errorf("optim: SGD learning rate is %v: want a finite number > 0", c.learningRate))
	}
	if !(c.momentum >= 0 && c.momentum < 1) {
		errs = append(errs, fmt.Errorf("optim: SGD momentum is %v: want 0 ≤ momentum < 1 (0 keeps none)", c.momentum))
	}
	if !(c.weightDecay >= 0 && c.weightDecay <= math.MaxFloat64) {
		errs = append(errs, fmt.Errorf("optim: SGD weight decay is %v: want a finite number ≥ 0", c.weightDecay))
	}
	if c.nesterov && c.momentum == 0 {
		errs = append(errs,
			errors.New("optim: SGD has Nesterov without momentum: set Momentum above 0 or leave Nesterov out"))
	}
	return errors.Join(errs...)
}

// Done returns the optimizer. Later changes of c do not reach it. It panics with the error of Validate, if any.
func (c *SGDConfig) Done() Optimizer {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return &sgd{*c}
}

type sgd struct{ SGDConfig }

// UpdateGraph implements optimizer.Interface.
func (o *sgd) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	o.UpdateGraphWithGradients(scope, gradientOf(scope, g, loss), loss.DType())
}

// UpdateGraphWithGradients implements train.OptimizeWithGradients.
func (o *sgd) UpdateGraphWithGradients(scope *model.Scope, gradients []*graph.Node, lossDType dtypes.DType) {
	g := graphOf("SGD", gradients)
	vs := trainables(scope, g)
	if len(vs) != len(gradients) {
		exceptions.Panicf("optim: SGD got %d gradients for %d trainable variables: want one each, "+
			"with no trainable variable created between gradient and update", len(gradients), len(vs))
	}
	lr := optimizer.LearningRateVar(scope, lossDType, o.learningRate).NodeValue(g)
	optimizer.IncrementGlobalStep(g, dtypes.Int64)
	for i, v := range vs {
		o.update(scope, g, v, gradients[i], lr)
	}
}

// update moves one variable.
func (o *sgd) update(scope *model.Scope, g *graph.Graph, v *model.Variable, gradient, lr *graph.Node) {
	dtype := workingDType(v.DType())
	optimizer.TraceNaNInGradients(scope, v, gradient)
	w := as(v.NodeValue(g), dtype)
	d := optimizer.ClipNaNsInGradients(scope, as(gradient, dtype))
	if o.weightDecay > 0 && (o.decayBiasesAndNorms || v.Shape().Rank() > 1) {
		d = graph.Add(d, graph.MulScalar(w, o.weightDecay))
	}
	direction := d
	if o.momentum > 0 {
		buffer := momentumOf(scope.Store(), v, dtype)
		m := graph.Add(graph.MulScalar(buffer.NodeValue(g), o.momentum), d)
		buffer.SetNodeValue(m)
		direction = m
		if o.nesterov {
			direction = graph.Add(d, graph.MulScalar(m, o.momentum))
		}
	}
	step := optimizer.ClipStepByValue(scope, graph.Mul(as(lr, dtype), direction))
	v.SetNodeValue(as(graph.Sub(w, step), v.DType()))
}

// momentumOf returns the momentum of v. On first use it is created with zeros, on the host, where they cost no graph.
// It is never trained, which has to be said on every build, because a restored checkpoint forgets it.
func momentumOf(store *model.Store, v *model.Variable, dtype dtypes.DType) *model.Variable {
	path := model.JoinPath(model.RootScopePath, sgdScope, v.Path()+"_momentum")
	m := store.GetVariable(path)
	if m == nil {
		m = store.VariableWithValue(path, tensors.FromShape(shapes.Make(dtype, v.Shape().Dimensions...)))
	}
	return m.SetTrainable(false)
}

// Clear implements optimizer.Interface: it deletes the momentum.
func (o *sgd) Clear(scope *model.Scope) error {
	return scope.Store().DeleteVariablesInScope(model.JoinPath(model.RootScopePath, sgdScope))
}
