package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
)

// program is what runs of one recipe have in common whatever their seed: the compiled graphs of training, evaluation and
// measurement, around one store. Compiling takes longer than training a small model, so the runs of a method share one.
type program struct {
	recipe   Recipe // of the first run
	engine   *backend.Engine
	data     *datasets.Split
	dtype    dtypes.DType // of weights and images
	compute  dtypes.DType // of activations
	net      *models.Model
	perEpoch int // steps of an epoch
	steps    int // of a run

	store     *model.Store
	objective *objective.Objective
	optimizer *xsam.Optimizer
	trainer   *train.Trainer
	evaluator *evaluator
	ruler     *ruler // nil until curvature is measured

	// created holds the values with which the variables of the store came into being, by path. broken says that they could
	// not be kept, and the program serves one run only.
	created map[string]*tensors.Tensor
	broken  error
	spread  bool // over several devices; serves one run only
}

// programKey tells recipes apart that need programs of their own.
func programKey(r Recipe) (string, error) {
	r.Seed = 0
	text, err := json.Marshal(r)
	return string(text), err
}

// newProgram builds the parts; graphs are compiled when they are first run.
func newProgram(engine *backend.Engine, r Recipe, data *datasets.Split) (*program, error) {
	p := &program{recipe: r, engine: engine, data: data, store: model.NewStore(), created: map[string]*tensors.Tensor{}}
	var err error
	if p.dtype, p.compute, err = r.dtypes(); err != nil {
		return nil, err
	}
	loader, err := p.loader(r.Seed)
	if err != nil {
		return nil, err
	}
	p.perEpoch = loader.StepsPerEpoch()
	p.steps = p.perEpoch * r.Epochs

	if p.net, err = models.New(p.model(r.Seed)); err != nil {
		return nil, err
	}
	p.objective = objective.New(p.net.Graph, loss.SparseCategoricalCrossEntropyLogits)
	config := r.Config
	if config.By == xsam.ByExact { // as the authors count: each epoch anew
		config.EpochSteps = p.perEpoch
		if err := config.Validate(); err != nil {
			return nil, fmt.Errorf("experiment: %s with %d steps an epoch has no place for a refresh every %d: choose a smaller batch or --refresh-every: %w",
				r.Method, p.perEpoch, config.Refresh.Every, err)
		}
	}
	base, err := r.Base.optimizer(p.steps)
	if err != nil {
		return nil, err
	}
	if p.optimizer, err = xsam.New(p.objective, base, config); err != nil {
		return nil, err
	}
	p.trainer = train.NewTrainer(engine.Backend, p.store, p.objective.ModelFn, p.objective.LossFn, p.optimizer, nil, nil)
	p.trainer.OnExecCreation(p.keepCreated)
	p.evaluator, err = newEvaluator(engine.Backend, p.store, p.objective, p.dtype)
	return p, err
}

// model is the configuration of the model with weights from a run's seed.
func (p *program) model(seed int64) models.Config {
	set := p.data.Train
	return models.Config{
		Name: p.recipe.Model, Height: set.Height, Width: set.Width, Channels: set.Channels, Classes: set.Classes,
		Seed: derive(seed, "weights"), DType: p.dtype, Compute: p.compute,
	}
}

// loader returns the training data in the order of a run's seed.
func (p *program) loader(seed int64) (*datasets.Loader, error) {
	return datasets.NewLoader(p.data.Train, datasets.LoaderConfig{
		BatchSize: p.recipe.Batch, Seed: derive(seed, "batches"), Augment: p.recipe.Augment, DType: p.dtype,
	})
}

// keepCreated compiles a step before the trainer runs it, and keeps the values of the variables that this brings into being.
// It is a train.OnExecFn.
func (p *program) keepCreated(exec *model.Exec, kind train.GraphType) {
	if kind != train.TrainType || p.broken != nil || p.spread {
		return
	}
	set, batch := p.data.Train, p.recipe.Batch/p.recipe.microBatches()
	if _, err := exec.Compile(shapes.Make(p.dtype, batch, set.Height, set.Width, set.Channels), shapes.Make(dtypes.Int32, batch, 1)); err != nil {
		p.broken = err // the trainer reports it when it runs the step
		return
	}
	if p.broken = p.store.InitializeVariables(p.engine.Backend, nil); p.broken != nil {
		return
	}
	for v := range p.store.IterVariables() {
		if p.created[v.Path()] != nil {
			continue
		}
		value, err := v.Value()
		if err == nil {
			value, err = value.LocalClone()
		}
		if err != nil {
			p.broken = err
			return
		}
		p.created[v.Path()] = value
	}
}

// begin puts the store into the state in which a run of a seed starts: every variable as it was created, with weights and v
// of that seed.
func (p *program) begin(seed int64) error {
	for v := range p.store.IterVariables() {
		value, ok := p.created[v.Path()]
		if !ok {
			return fmt.Errorf("experiment: variable %s has no initial value", v.Path())
		}
		if err := setClone(v, value); err != nil {
			return err
		}
	}
	p.store.SetLoader(nil)
	p.store.SetParam(tallyParam, "")
	return p.draw(seed)
}

func setClone(v *model.Variable, value *tensors.Tensor) error {
	clone, err := value.LocalClone()
	if err == nil {
		err = v.SetValue(clone)
	}
	if err != nil {
		return fmt.Errorf("experiment: setting variable %s: %w", v.Path(), err)
	}
	return nil
}

// reusable tells whether another run may begin with the program. restored says that its first run went on from a checkpoint,
// so that its variables were not seen as they are created.
func (p *program) reusable(restored bool) bool { return p.broken == nil && !restored && !p.spread }

// bytes is the memory that the variables take.
func (p *program) bytes() int64 { return p.store.ByteSize() }

// parameters counts the model's trainable numbers.
func (p *program) parameters() int {
	n := 0
	for v := range p.store.IterVariables() {
		if v.Trainable && v.DType().IsFloat() {
			n += v.Shape().Size()
		}
	}
	return n
}

// close frees the memory of the program, which Go's garbage collector does not see.
func (p *program) close() error {
	p.trainer.ResetComputationGraphs()
	p.evaluator.close()
	var err error
	if p.ruler != nil {
		err = p.ruler.close()
	}
	for _, t := range p.created {
		err = errors.Join(err, t.FinalizeAll())
	}
	p.store.Finalize()
	return err
}

// measureLambda returns λmax of the weights that the store holds.
func (p *program) measureLambda(ctx context.Context) (sharpest, error) {
	r, err := p.probe(ctx)
	if err != nil {
		return sharpest{}, err
	}
	return r.sharpest(ctx, curvature.LambdaMaxOptions(), p.recipe)
}

// measured is the objective whose curvature is measured: the one that is trained, with activations in the type of the weights.
// In bfloat16 no residual would fall below what its digits allow.
func (p *program) measured() (*objective.Objective, error) {
	if p.compute == p.dtype {
		return p.objective, nil
	}
	c := p.net.Config()
	c.Compute = p.dtype
	net, err := models.New(c)
	if err != nil {
		return nil, err
	}
	return objective.New(net.Graph, loss.SparseCategoricalCrossEntropyLogits), nil
}

// probe is the ruler of the recipe's fixed set of examples, with the statistics of batches in batch norm, as in training.
func (p *program) probe(ctx context.Context) (*ruler, error) {
	if p.ruler == nil {
		r, err := newRuler(ctx, p, rulerOptions{Examples: p.recipe.LambdaExamples, Batch: p.recipe.LambdaBatch, Norm: "batch"})
		if err != nil {
			return nil, err
		}
		p.ruler = r
	}
	return p.ruler, nil
}
