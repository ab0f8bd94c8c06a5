package program

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/recipe"
)

// Program is what runs of one recipe have in common whatever their seed: the compiled graphs of training, evaluation
// and measurement, around one store. Compiling takes longer than training a small model, so the runs of a method share
// one.
type Program struct {
	Engine        *backend.Engine
	Data          *datasets.Split
	Store         *model.Store
	Optimizer     *xsam.Optimizer
	StepsPerEpoch int
	Steps         int // of a run

	recipe    recipe.Recipe // of the first run
	dtype     dtypes.DType  // of weights and images
	compute   dtypes.DType  // of activations
	net       network
	files     files // of the user's own
	objective *objective.Objective
	trainer   *train.Trainer
	evaluator *model.Exec
	examples  *Examples // of LambdaExamples; nil until they are asked for

	// created holds the values with which the variables of the store came into being, by path. broken says that they could
	// not be kept, and the program serves one run only.
	created map[string]*tensors.Tensor
	broken  error
	spread  bool // over several devices; serves one run only

	own *Own // of a program of the user's own; nil for a recipe
}

// Key is the same for recipes that can share a program: those that differ in nothing but the seed.
func Key(r recipe.Recipe) (string, error) {
	r.Seed = 0
	text, err := json.Marshal(r)
	return string(text), err
}

// New builds the parts for training with each batch spread over a number of devices, 0 and 1 for one; graphs are
// compiled when they are first run.
func New(engine *backend.Engine, r recipe.Recipe, data *datasets.Split, devices int) (*Program, error) {
	p := &Program{
		Engine: engine, Data: data, Store: model.NewStore(), recipe: r, spread: devices > 1,
		created: map[string]*tensors.Tensor{},
	}
	var err error
	if p.dtype, p.compute, err = r.DTypes(); err != nil {
		return nil, err
	}
	loader, err := p.Loader(r.Seed)
	if err != nil {
		return nil, err
	}
	p.StepsPerEpoch = loader.StepsPerEpoch()
	p.Steps = p.StepsPerEpoch * r.Epochs

	if p.files, err = readFiles(r); err != nil {
		return nil, err
	}
	if p.net, err = p.network(r.Seed, p.compute); err != nil {
		return nil, err
	}
	if err := p.checkNetwork(); err != nil {
		return nil, err
	}
	p.objective = objective.New(p.net.Graph, lossOf(r))
	base, err := baseOptimizer(r.Base, p.Steps)
	if err != nil {
		return nil, err
	}
	if err := p.makeTrainer(base); err != nil {
		return nil, err
	}
	p.evaluator, err = newEvaluator(engine.Backend, p.Store, p.objective)
	return p, err
}

// makeTrainer makes the optimizer around a base, and what trains with it.
func (p *Program) makeTrainer(base optimizer.Interface, evalMetrics ...metric.Interface) (err error) {
	config, err := p.recipe.Limited()
	if err != nil {
		return err
	}
	config = config.ForRun(p.Steps)
	if published(config) && config.EpochSteps == 0 { // as the authors count: each epoch anew
		config.EpochSteps = p.StepsPerEpoch
		if err := config.Validate(); err != nil {
			return fmt.Errorf("program: %s with %d steps an epoch has no place for a refresh every %d: choose a "+
				"smaller batch or --refresh-every: %w",
				p.recipe.Method, p.StepsPerEpoch, config.Refresh.Every, err)
		}
	}
	if p.Optimizer, err = xsam.New(p.objective, base, config); err != nil {
		return err
	}
	p.trainer = train.NewTrainer(p.Engine.Backend, p.Store, p.objective.ModelFn, p.objective.LossFn, p.Optimizer, nil,
		evalMetrics)
	p.trainer.OnExecCreation(p.keepCreated)
	return nil
}

// published tells whether the method is that of the paper's authors, or a variant of it with a fixed interval.
func published(c xsam.Config) bool {
	return c.Form == xsam.Paper && c.By == xsam.ByExact && c.Refresh.Every > 0 && c.Most == 0
}

// model is the configuration of the model with weights from a run's seed.
func (p *Program) model(seed int64) models.Config {
	set := p.Data.Train
	return models.Config{
		Name: p.recipe.Model, Height: set.Height, Width: set.Width, Channels: set.Channels, Classes: set.Classes,
		Regression: set.Regression(),
		Seed:       recipe.DeriveSeed(seed, "weights"), DType: p.dtype, Compute: p.compute,
	}
}

// lossOf is what a recipe minimises: cross entropy of the classes, or the mean squared error of a number.
func lossOf(r recipe.Recipe) func(labels, predictions []*graph.Node) *graph.Node {
	if r.Regression() {
		return loss.MeanSquaredError
	}
	return loss.SparseCategoricalCrossEntropyLogits
}

// Loader returns the training data in the order of a run's seed.
func (p *Program) Loader(seed int64) (*datasets.Loader, error) {
	return datasets.NewLoader(p.Data.Train, datasets.LoaderConfig{
		BatchSize: p.recipe.Batch, Seed: recipe.DeriveSeed(seed, "batches"), Augment: p.recipe.Augment, DType: p.dtype,
	})
}

// Parameters counts the model's trainable numbers.
func (p *Program) Parameters() int {
	n := 0
	for v := range p.Store.IterVariables() {
		if v.Trainable && v.DType().IsFloat() {
			n += v.Shape().Size()
		}
	}
	return n
}

// Release frees what measuring took.
func (p *Program) Release() error {
	if p.examples == nil {
		return nil
	}
	e := p.examples
	p.examples = nil
	return e.Close()
}

// Close frees the memory of the program, which Go's garbage collector does not see.
func (p *Program) Close() error {
	p.trainer.ResetComputationGraphs()
	if p.evaluator != nil {
		p.evaluator.Finalize()
	}
	err := p.Release()
	for _, t := range p.created {
		err = errors.Join(err, t.FinalizeAll())
	}
	p.Store.Finalize()
	return err
}

// baseOptimizer returns the base optimizer for a run of the given number of steps.
func baseOptimizer(b recipe.Base, steps int) (base optimizer.Interface, err error) {
	err = exceptions.TryCatch[error](func() {
		switch b.Optimizer {
		case "adam":
			base = optimizer.Adam().LearningRate(b.LearningRate).Done()
		case "adamw":
			base = optimizer.Adam().LearningRate(b.LearningRate).WeightDecay(b.WeightDecay).Done()
		default:
			base = optim.SGD(b.LearningRate).Momentum(b.Momentum).Nesterov(b.Nesterov).
				WeightDecay(b.WeightDecay).DecayBiasesAndNorms(b.DecayBiasesAndNorms).Done()
		}
		if b.Clip > 0 {
			base = optim.Clip(base, b.Clip)
		}
		base = optim.Scheduled(base, b.RateSchedule(steps))
	})
	if err != nil {
		return nil, fmt.Errorf("program: base optimizer: %w", err)
	}
	return base, nil
}
