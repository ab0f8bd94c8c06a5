package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Study is a model, a loss and data of a Go program of one's own, on which methods are compared. Start from NewStudy
// and set Objective, Base, Train, Epochs and StepsPerEpoch: zero means zero.
type Study struct {
	// Data and Model are the names under which tables and pages show what is trained on, and what is trained.
	Data, Model string

	// Objective is the model function with its loss.
	Objective *objective.Objective
	// Base makes the base optimizer, one for each method: an optim.SGD, or GoMLX's Adam. Settings should say what it is.
	Base func() optimizer.Interface
	// Train makes the training data of a run's seed; the same seed must give the same batches. Data that end are begun
	// anew. A run that goes on from a checkpoint makes the batches before it once more and drops them.
	Train func(seed int64) (train.Dataset, error)
	// Test is the data on which loss and metric are measured, the same for all runs; nil for none. It must end.
	Test train.Dataset
	// Metric is measured beside the loss; without one the test loss is compared.
	Metric Metric

	// Epochs and StepsPerEpoch give the number of updates of a run. There is one training record an epoch.
	Epochs, StepsPerEpoch int
	// EvaluateEvery is the number of epochs between two evaluations; 0 evaluates at the end alone.
	EvaluateEvery int
	// Methods are labels as the command takes them: "sam", "xsam:alpha=0.5". Parameters are set in all of them, by the
	// names of the command's flags: {"rho": "0.1"}.
	Methods    []string
	Parameters map[string]string
	// Each method makes one run for each of so many seeds, the first of which is FirstSeed. A seed draws the weights,
	// dropout, the first v, and, through Train, the data.
	FirstSeed int64
	Seeds     int

	// SampleBatches is the number of batches, the first of Train(0), on which training loss and λmax are measured: the
	// same for all methods and seeds.
	SampleBatches int
	// LambdaProducts is the largest number of Hessian-vector products for λmax at the end, 0 for not measuring it, and
	// LambdaTolerance the relative residual at which it has converged.
	LambdaProducts  int
	LambdaTolerance float64

	// Settings name what else decides the outcome, such as {"lr": "0.003", "width": "32"}. They stand in config.json and
	// on the page, and a run is resumed with the same ones alone. Functions cannot be compared: change a setting, or the
	// directory, when you change the code.
	Settings map[string]string
}

// NewStudy returns a study with defaults: sgd, sam, xsam and xsam-lite over 4 seeds, an evaluation every 5 epochs, λmax
// on 4 batches with up to 200 products to a relative residual of 1 %.
func NewStudy(data, model string) Study {
	return Study{
		Data: data, Model: model, Methods: []string{"sgd", "sam", "xsam", "xsam-lite"}, Seeds: 4,
		EvaluateEvery: 5, SampleBatches: 4, LambdaProducts: 200, LambdaTolerance: 1e-2,
	}
}

// Compare makes the runs of a study, <dir>/<method>-seed<k> as the command's are, one after the other, and compares
// them: by the study's metric, or by the test loss. `xsam report`, `xsam serve` and the readers of package runlog take
// the directory. Interrupted, or with Options.Existing = Resume, it goes on from checkpoints with the same bits.
//
// A run that diverges is part of the table, with a warning. With an error the table holds the runs that were made. It
// trains on one device.
func Compare(ctx context.Context, engine *backend.Engine, study Study, dir string, options Options) (*compare.Table,
	error) {
	recipes, err := study.recipes(options)
	if err != nil {
		return nil, err
	}
	if options, err = options.settled(); err != nil {
		return nil, err
	}
	q := newQueue(engine, recipes, options)
	q.build = func(r recipe.Recipe) (*program.Program, error) {
		var base optimizer.Interface
		if err := exceptions.TryCatch[error](func() { base = study.Base() }); err != nil {
			return nil, fmt.Errorf("experiment: Study.Base: %w", err)
		}
		return program.NewOwn(engine, r, study.own(), base)
	}
	summaries, err := q.runAll(ctx, recipe.Dirs(dir, recipes))
	if errors.Is(err, ErrDiverged) {
		err = nil
	}
	return compare.New(summaries, compare.Options{Methods: study.Methods}), err
}

// Validate reports every field that is not set or out of range, joined into one error.
func (s Study) Validate() error {
	_, err := s.recipes(Options{})
	return err
}

// recipes are those of the runs, when study and options are in range.
func (s Study) recipes(o Options) (recipes []recipe.Recipe, err error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("experiment: "+format, args...)) }
	if s.Objective == nil {
		bad("Study.Objective is nil: want objective.New(modelFn, lossFn)")
	}
	if s.Base == nil {
		bad("Study.Base is nil: want a function that makes the base optimizer")
	}
	if s.Train == nil {
		bad("Study.Train is nil: want a function that makes the training data of a seed")
	}
	if len(s.Methods) == 0 {
		bad("Study.Methods is empty: want labels such as sam and xsam")
	}
	if o.devices() > 0 {
		bad("Options.Devices = %d: a study trains on one device: want 1", o.Devices)
	}
	planned, err := recipe.Plan(s.common(), s.Methods, s.Parameters, s.FirstSeed, s.Seeds)
	errs = append(errs, err, s.Metric.check(s.Test != nil))
	seen := map[string]bool{}
	for _, r := range planned {
		name := runlog.Name(r.Method, r.Seed)
		if seen[name] {
			bad("Study.Methods has %s twice, or two labels of the same directory: want each once", r.Method)
		}
		if seen[name] = true; r.Seed == s.FirstSeed {
			errs = append(errs, r.ValidateStudy())
		}
	}
	return planned, errors.Join(errs...)
}

// common is the recipe of the study without a method and a seed.
func (s Study) common() recipe.Recipe {
	return recipe.Recipe{
		Data: s.Data, Network: recipe.Network{Model: s.Model}, Epochs: s.Epochs, EvaluateEvery: s.EvaluateEvery,
		LambdaProducts: s.LambdaProducts, LambdaTolerance: s.LambdaTolerance,
		Study: &recipe.Study{
			StepsPerEpoch: s.StepsPerEpoch, SampleBatches: s.SampleBatches, Settings: s.Settings,
			Metric: s.Metric.Name, Better: string(s.Metric.Better),
		},
	}
}

// own is the study as a program takes it.
func (s Study) own() program.Own {
	return program.Own{
		Objective: s.Objective, Train: s.Train, Test: s.Test, Metric: s.Metric.Of, Accuracy: s.Metric.accuracy,
	}
}
