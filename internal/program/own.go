package program

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Own is a model, a loss, data and a metric that are not this module's.
type Own struct {
	Objective *objective.Objective
	// Train returns the batches of a seed, in the order of the seed; when they end they are begun anew.
	Train func(seed int64) (train.Dataset, error)
	Test  train.Dataset // nil for none
	// Metric is nil for none. Accuracy says that it is one, a fraction.
	Metric   metric.Interface
	Accuracy bool

	shapes []shapes.Shape // of the first batch, inputs and then labels
	inputs int            // how many of these are inputs
	spec   any            // of the first batch
	sample train.Dataset  // of the training batches on which is measured
}

// metricsPath is where GoMLX's trainer keeps the state of metrics, under names that differ from process to process.
var metricsPath = model.JoinPath(model.RootScopePath, metric.Scope) + model.ScopeSeparator

// IsMetric tells by its path whether a variable is state of a metric.
func IsMetric(path string) bool { return strings.HasPrefix(path, metricsPath) }

// NewOwn is New for a model of the user's own around a base optimizer. The recipe has a Study.
func NewOwn(engine *backend.Engine, r recipe.Recipe, own Own, base optimizer.Interface) (*Program, error) {
	p := ownProgram(engine, r, own)
	p.Store = model.NewStore()
	if err := p.own.lookAt(); err != nil {
		return nil, err
	}
	var metrics []metric.Interface
	if own.Metric != nil {
		metrics = append(metrics, own.Metric)
	}
	return p, p.makeTrainer(base, metrics...)
}

// AroundTrainer is a Program that measures what a trainer of the user's own trains. It begins no run.
func AroundTrainer(engine *backend.Engine, r recipe.Recipe, own Own, trainer *train.Trainer,
	opt *xsam.Optimizer) (*Program, error) {
	p := ownProgram(engine, r, own)
	p.Store, p.trainer, p.Optimizer = trainer.Store(), trainer, opt
	if own.Metric != nil && !slices.ContainsFunc(trainer.EvalMetrics(), p.own.measures) {
		return nil, fmt.Errorf("program: the trainer does not know the metric %s: pass the same value to train.NewTrainer, "+
			"among the evaluation metrics", own.Metric.Name())
	}
	return p, nil
}

func ownProgram(engine *backend.Engine, r recipe.Recipe, own Own) *Program {
	p := &Program{
		Engine: engine, recipe: r, own: &own, objective: own.Objective, StepsPerEpoch: r.Study.StepsPerEpoch,
		Steps: r.Study.StepsPerEpoch * r.Epochs, created: map[string]*tensors.Tensor{},
	}
	if own.Train != nil {
		p.own.sample = firstOf{n: r.Study.SampleBatches, of: func() (train.Dataset, error) { return p.own.train(sampleSeed) }}
	}
	return p
}

// train makes the training data of a seed.
func (o *Own) train(seed int64) (train.Dataset, error) {
	data, err := o.Train(seed)
	if err == nil && data == nil {
		err = errors.New("there are none: want a data set or an error")
	}
	if err != nil {
		return nil, fmt.Errorf("program: the training data of seed %d: %w", seed, err)
	}
	return data, nil
}

// sampleSeed is that of the training batches on which is measured: the same for all methods and seeds.
const sampleSeed = 0

// measures tells whether a metric of the trainer is that of the study.
func (o *Own) measures(m metric.Interface) bool {
	return o.Metric != nil && m.ScopeName() == o.Metric.ScopeName()
}

// lookAt takes note of the first batch.
func (o *Own) lookAt() error {
	for batch, err := range o.sample.Iter() {
		if err != nil {
			return err
		}
		for _, t := range append(slices.Clone(batch.Inputs), batch.Labels...) {
			o.shapes = append(o.shapes, t.Shape())
		}
		o.inputs, o.spec = len(batch.Inputs), batch.Spec
		if err := batch.Finalize(); err != nil {
			return fmt.Errorf("program: the first training batch: %w", err)
		}
		break
	}
	if o.inputs == 0 {
		return errors.New("program: the training data yields no batch with an input: want at least one batch")
	}
	return nil
}

// drawWeights creates the variables of the model in an empty store, with values of a seed. It builds the loss too, so
// that what is wrong with either is an error, also where it panics with no error: GoMLX's executables do not survive
// that.
func (o *Own) drawWeights(engine compute.Backend, scratch *model.Store, seed int64) (err error) {
	scratch.SetParam(model.ParamInitialSeed, recipe.DeriveSeed(seed, "weights"))
	g := graph.NewGraph(engine, "initial weights") // traced, not compiled
	defer g.Finalize()
	if thrown := exceptions.Try(func() {
		scratch.SetTraining(g, true)
		var batch []*graph.Node
		for i, shape := range o.shapes {
			batch = append(batch, graph.Parameter(g, fmt.Sprintf("batch %d", i), shape))
		}
		predictions := o.Objective.ModelFn(scratch.RootScope(), o.spec, batch[:o.inputs])
		o.Objective.LossFn(batch[o.inputs:], predictions)
	}); thrown != nil {
		if failure, ok := thrown.(error); ok {
			return fmt.Errorf("the model or its loss: %w", failure)
		}
		return fmt.Errorf("the model or its loss: %v", thrown)
	}
	return scratch.InitializeVariables(engine, nil)
}

// data is a set by its name in the records, nil where there is none.
func (o *Own) data(split string) train.Dataset {
	switch split {
	case runlog.TrainSplit:
		return o.sample
	case runlog.TestSplit:
		return o.Test
	}
	return nil
}

// evaluateOwn measures loss and metric, as GoMLX's trainer does: of the test data, or of the sample of training data.
// Has tells of which there are any.
func (p *Program) evaluateOwn(split string) (e Evaluation, err error) {
	data := p.own.data(split)
	results, err := p.trainer.Eval(data)
	if err != nil {
		return e, fmt.Errorf("program: evaluation of %s: %w", data.Name(), err)
	}
	for i, m := range p.trainer.EvalMetrics() {
		value := runlog.Num(shapes.ConvertTo[float64](results[i].Value()))
		switch {
		case i == 0:
			e.Loss = value
		case !p.own.measures(m):
		case !p.own.Accuracy:
			e.Metric = value
		case value.Known() && !(value.Float() >= 0 && value.Float() <= 1):
			err = fmt.Errorf("program: the metric %s is %v: want a fraction from 0 to 1 of an accuracy; declare it as a "+
				"metric that is none", m.Name(), value)
		default:
			e.Accuracy = value
		}
		err = errors.Join(err, results[i].FinalizeAll())
	}
	return e, err
}
