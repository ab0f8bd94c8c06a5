// Package objective holds the training loss as what mathematics takes it for: a function of the weights, L(w).
//
// GoMLX builds the loss of a batch once, at the current weights. Sharpness-aware optimizers and Hessian-vector products
// need it at other points too. An Objective stands between the user's model and loss and the trainer, remembers the
// batch of the graph that is being built, and builds the loss again wherever the weights have been moved to, leaving no
// trace: running averages, random state and accumulated losses are as after one ordinary forward pass.
//
//	obj := objective.New(modelFn, lossFn)
//	trainer := train.NewTrainer(backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
package objective

import (
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Objective is a model with its loss. It is immutable and may be shared by several trainers.
type Objective struct {
	modelFn train.ModelFn
	lossFn  train.LossFn
}

// New returns the objective of a model and a loss, both as train.NewTrainer takes them. lossFn may be nil when the model
// adds all its losses with train.AddMainLoss.
func New(modelFn train.ModelFn, lossFn train.LossFn) *Objective {
	return &Objective{modelFn: modelFn, lossFn: lossFn}
}

// Mark is a Batch.Spec put around the data set's own one by an optimizer, to say what kind of step the batch is for.
// The model sees only the data set's own value.
type Mark interface {
	// UserSpec is the data set's own Batch.Spec.
	UserSpec() any
	// Displaces tells whether the trainer's own forward pass is to run at displaced weights.
	Displaces() bool
	// Displace moves the trainable variables of the graph to the point of that forward pass, with SetNodeValue.
	// It is called once, when all the model's variables exist and hold their incoming values.
	Displace(scope *model.Scope, g *graph.Graph)
}

// Batch is one batch of examples in a graph.
type Batch struct {
	Spec           any // the data set's own Batch.Spec
	Inputs, Labels []*graph.Node
}

// captured is what a graph remembers of its batch.
type captured struct {
	objective *Objective
	mark      Mark
	batch     Batch
}

type captureKey struct{}

// ModelFn is the train.ModelFn to pass to train.NewTrainer.
func (o *Objective) ModelFn(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
	if len(inputs) == 0 {
		exceptions.Panicf("objective: the batch has no inputs: want at least one tensor to find the graph by")
	}
	g := inputs[0].Graph()
	holdRandomState(scope.Store())
	c := &captured{objective: o, batch: Batch{Spec: spec, Inputs: inputs}}
	if mark, ok := spec.(Mark); ok {
		c.mark, c.batch.Spec = mark, mark.UserSpec()
	}
	g.AttachState(captureKey{}, c)
	if c.mark != nil && c.mark.Displaces() && scope.IsTraining(g) {
		// A dry pass, of which the compiler keeps nothing: after it all variables exist.
		untouched := takeSideEffects(scope.Store(), g)
		o.modelFn(scope.ResetVisited(), c.batch.Spec, inputs)
		untouched.restore(scope.Store(), g)
		c.mark.Displace(scope, g)
	}
	return o.modelFn(scope, c.batch.Spec, inputs)
}

// LossFn is the train.LossFn to pass to train.NewTrainer.
func (o *Objective) LossFn(labels, predictions []*graph.Node) *graph.Node {
	if len(predictions) > 0 {
		if c, ok := predictions[0].Graph().State(captureKey{}).(*captured); ok {
			c.batch.Labels = labels
		}
	}
	if o.lossFn == nil {
		if len(predictions) == 0 {
			exceptions.Panicf("objective: no loss function and no predictions: pass a loss function to objective.New")
		}
		return graph.ScalarZero(predictions[0].Graph(), predictions[0].DType())
	}
	return o.lossFn(labels, predictions)
}

// Of returns the objective, the batch and the mark (nil when there is none) that g was built for. It panics when the
// graph was not built through Objective.ModelFn.
func Of(g *graph.Graph) (*Objective, Batch, Mark) {
	c, ok := g.State(captureKey{}).(*captured)
	if !ok {
		exceptions.Panicf("objective: this graph has no batch on record: " +
			"pass ModelFn and LossFn of an objective.Objective to train.NewTrainer, not the model and the loss themselves")
	}
	return c.objective, c.batch, c.mark
}

// Value is the objective at one point.
type Value struct {
	Predictions []*graph.Node
	Main        *graph.Node // the loss function's value plus every train.AddMainLoss, a scalar
	Total       *graph.Node // Main plus every train.AddRegularizationLoss: what is minimised
}

// Evaluate builds the objective of a batch at the current node values of the trainable variables. To evaluate
// elsewhere, move them with SetPoint first.
//
// Whatever the pass changes on its way (variables that are not trainable, the random state, accumulated losses) is set
// back to what it was before the call, and the pass itself starts from the values with which the step began: every
// pass of a step sees the same dropout mask and the same running averages.
func (o *Objective) Evaluate(scope *model.Scope, g *graph.Graph, batch Batch) Value {
	store := scope.Store()
	holdRandomState(store)
	before := takeSideEffects(store, g)
	before.rewind(g)
	var value Value
	value.Predictions = o.modelFn(scope.ResetVisited(), batch.Spec, batch.Inputs)
	if o.lossFn != nil {
		train.AddMainLoss(o.lossFn(batch.Labels, value.Predictions))
	}
	value.Main, value.Total = train.GetMainLoss(g), train.TotalLoss(g)
	if value.Main == nil {
		exceptions.Panicf("objective: no loss: give objective.New a loss function or have the model call train.AddMainLoss")
	}
	before.restore(store, g)
	return value
}

// EvaluateInference is Evaluate with the model as in evaluation: batch norm takes its running averages, as they were when the step
// began, and nothing is dropped.
func (o *Objective) EvaluateInference(scope *model.Scope, g *graph.Graph, batch Batch) Value {
	training := scope.IsTraining(g)
	scope.Store().SetTraining(g, false)
	defer scope.Store().SetTraining(g, training)
	return o.Evaluate(scope, g, batch)
}

// Trainables returns the trainable floating-point variables that g uses, sorted by path: sums over them come out the
// same, to the bit, whatever the order in which the store came by its variables (a restored checkpoint has its own).
// InStoreOrder takes their gradients to the order that base optimizers expect.
func Trainables(scope *model.Scope, g *graph.Graph) []*model.Variable {
	vs := trainablesOfStore(scope, g)
	slices.SortFunc(vs, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return vs
}

// InStoreOrder returns x, one node for each of the variables vs that Trainables returned, in the order of the store.
func InStoreOrder(scope *model.Scope, g *graph.Graph, vs []*model.Variable, x []*graph.Node) []*graph.Node {
	of := make(map[*model.Variable]*graph.Node, len(vs))
	for i, v := range vs {
		of[v] = x[i]
	}
	var ordered []*graph.Node
	for _, v := range trainablesOfStore(scope, g) {
		ordered = append(ordered, of[v])
	}
	return ordered
}

func trainablesOfStore(scope *model.Scope, g *graph.Graph) []*model.Variable {
	var vs []*model.Variable
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) && v.DType().IsFloat() {
			vs = append(vs, v)
		}
	}
	if len(vs) == 0 {
		exceptions.Panicf("objective: the model has no trainable variables: there is nothing to optimize")
	}
	return vs
}

// Point returns the current node values of the variables: the point w at which the loss is built next.
func Point(g *graph.Graph, vs []*model.Variable) []*graph.Node {
	w := make([]*graph.Node, len(vs))
	for i, v := range vs {
		w[i] = v.NodeValue(g)
	}
	return w
}

// Origin returns the values with which the variables entered the graph, wherever they have been moved since.
func Origin(g *graph.Graph, vs []*model.Variable) []*graph.Node {
	w := make([]*graph.Node, len(vs))
	for i, v := range vs {
		w[i] = g.GetParameterByName(v.Path())
	}
	return w
}

// SetPoint moves the variables to w: the loss is built there until they are moved again.
func SetPoint(vs []*model.Variable, w []*graph.Node) {
	for i, v := range vs {
		v.SetNodeValue(w[i])
	}
}
