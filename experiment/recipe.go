package experiment

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/models"
)

// Recipe is everything that decides the outcome of a run. Start from Defaults and SetMethod: zero means zero, save where a
// field says otherwise. Its JSON form is what config.json holds.
type Recipe struct {
	// Method is the name under which the run is compared; SetMethod sets it together with Config.
	Method string `json:"method"`
	// Seed draws the initial weights, the first v and the order of the batches.
	Seed int64 `json:"seed"`

	// Data names a data set of package datasets, DataDir is where its files are.
	Data    string `json:"data"`
	DataDir string `json:"data_dir,omitempty"`
	// DataSeed decides which rows are trained and tested on, and the label noise: the same for all seeds of a comparison.
	DataSeed int64 `json:"data_seed"`
	// TrainSize and TestSize are numbers of images; 0 stands for the data set's own.
	TrainSize int `json:"train_size"`
	TestSize  int `json:"test_size"`
	// ValidationSize is a number of images to hold out of those that could be trained on. A run with any is evaluated on
	// them, and never on the test images: it is a trial among others, of which the best is chosen.
	ValidationSize int `json:"validation_size,omitzero"`
	// LabelNoise is the share of training labels that are replaced by a uniform draw over the classes.
	LabelNoise float64 `json:"label_noise"`
	// Augment shifts and mirrors training images as is usual for the data set.
	Augment bool `json:"augment"`

	// Model names a model of package models.
	Model string `json:"model"`
	// DType is the type of weights and activations, "float32" or "float64"; or "bfloat16", which computes activations in that
	// and keeps weights, gradients, v, momentum, batch norm and logits in float32.
	DType string `json:"dtype"`

	// Epochs is the number of passes over the training data, Batch the number of images of a step.
	Epochs int `json:"epochs"`
	Batch  int `json:"batch"`
	// Accumulate is the number of micro-batches into which each batch is cut, so that only one of them is on the device at a
	// time; 0 and 1 do not cut. The outcome is that of the whole batch but for batch norm, which sees micro-batches, and for the
	// ascent with LocalAscent.
	Accumulate int `json:"accumulate,omitzero"`

	Base
	xsam.Config // the method's parameters; its seed has no part: a run draws the first v itself (draw.go)

	// EvaluateEvery is the number of epochs between two evaluations on the whole training and test set; 0 evaluates at the end
	// alone. The end is always evaluated.
	EvaluateEvery int `json:"evaluate_every"`
	// LambdaExamples is the number of training examples on which λmax is measured when training has ended, 0 for all. They are
	// the first ones, in batches of LambdaBatch; batch norm takes the statistics of these, as in training.
	LambdaExamples int `json:"lambda_examples"`
	LambdaBatch    int `json:"lambda_batch"`
	// LambdaEvery is the number of epochs between two measurements of λmax along training, in addition to the one at the end;
	// 0 measures at the end alone. (Options.CurvatureEvery measures more, as an extra that is no part of the recipe.)
	LambdaEvery int `json:"lambda_every,omitzero"`
	// LambdaTolerance is the relative residual at which the measurement has converged, LambdaProducts the number of
	// Hessian-vector products after which it ends in any case; 0 products measure nothing.
	LambdaTolerance float64 `json:"lambda_tolerance"`
	LambdaProducts  int     `json:"lambda_products"`
}

// Base says what is done with the corrected gradient.
type Base struct {
	// Optimizer is "sgd", "adam" or "adamw".
	Optimizer string `json:"base"`
	// LearningRate is the highest rate; Schedule ("constant", "cosine" to 0, "step": a tenth after 50 % and again after 75 % of
	// the steps) and WarmupSteps (a linear start) scale it.
	LearningRate float64 `json:"lr"`
	Schedule     string  `json:"schedule"`
	WarmupSteps  int     `json:"lr_warmup_steps"`
	// Momentum and Nesterov belong to sgd.
	Momentum float64 `json:"momentum"`
	Nesterov bool    `json:"nesterov"`
	// WeightDecay is the gradient of λ‖w‖²/2 for sgd and the decoupled decay for adamw; adam has none.
	// DecayBiasesAndNorms says whether sgd decays biases and the scales and offsets of norms too.
	WeightDecay         float64 `json:"weight_decay"`
	DecayBiasesAndNorms bool    `json:"decay_biases_and_norms"`
	// Clip is the largest norm of the corrected gradient; 0 leaves it as it is.
	Clip float64 `json:"clip"`
}

// Settle drops what has no effect, as records of earlier versions have it: the radius of ascents that no step makes. So a run of then is
// held against a recipe of now, and goes on.
func (r *Recipe) Settle() {
	if r.Config.Ascent.Every == 0 {
		r.Rho = 0
	}
}

// derive makes a seed for one purpose out of the run's seed, so that no two purposes draw the same numbers.
func derive(seed int64, purpose string) int64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", seed, purpose)
	return int64(h.Sum64() >> 1)
}

// Validate reports every field that is out of range, joined into one error, as far as it can be told without the data.
func (r Recipe) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("experiment: "+format, args...)) }

	if r.Method == "" {
		bad("the recipe has no method: call SetMethod")
	}
	if !slices.Contains(datasets.Names(), r.Data) {
		bad("data %q: want one of %v", r.Data, datasets.Names())
	}
	if err := models.Check(r.Model); err != nil {
		errs = append(errs, err)
	}
	if _, _, err := r.dtypes(); err != nil {
		errs = append(errs, err)
	}
	if r.Epochs < 1 {
		bad("epochs = %d: want 1 or more", r.Epochs)
	}
	if r.Batch < 1 {
		bad("batch = %d: want 1 or more images", r.Batch)
	}
	if r.Accumulate < 0 || r.Accumulate > 1 && r.Batch%r.Accumulate != 0 {
		bad("accumulate = %d with batches of %d images: want 0 or 1 (whole batches), or a number that the batch divides by", r.Accumulate, r.Batch)
	}
	if r.Local && r.Accumulate <= 1 {
		bad("local ascent with whole batches: it is about micro-batches, want accumulate = 2 or more")
	}
	if r.TrainSize < 0 || r.TestSize < 0 {
		bad("train size = %d, test size = %d: want 0 (the data set's own) or more", r.TrainSize, r.TestSize)
	}
	if !(r.LabelNoise >= 0 && r.LabelNoise <= 1) {
		bad("label noise = %v: want a share from 0 to 1", r.LabelNoise)
	}
	if r.EvaluateEvery < 0 {
		bad("evaluate every = %d epochs: want 0 (at the end alone) or more", r.EvaluateEvery)
	}
	if r.LambdaExamples < 0 {
		bad("λmax examples = %d: want 0 (all) or more", r.LambdaExamples)
	}
	if r.ValidationSize < 0 {
		bad("validation size = %d: want 0 (none) or more images", r.ValidationSize)
	}
	if r.LambdaEvery < 0 || (r.LambdaEvery > 0 && r.LambdaProducts == 0) {
		bad("λmax every %d epochs with %d products: want 0 (at the end alone) or more epochs, and products to measure it with", r.LambdaEvery, r.LambdaProducts)
	}
	if r.LambdaProducts > 0 && r.LambdaBatch < 1 {
		bad("λmax batch = %d: want 1 or more examples", r.LambdaBatch)
	}
	if r.LambdaProducts < 0 || (r.LambdaProducts > 0 && !(r.LambdaTolerance > 0 && r.LambdaTolerance < 1)) {
		bad("λmax products = %d, tolerance = %v: want 0 products (no measurement) or more, and a tolerance between 0 and 1",
			r.LambdaProducts, r.LambdaTolerance)
	}
	errs = append(errs, r.Base.validate())
	errs = append(errs, r.Config.Validate())
	return errors.Join(errs...)
}

func (b Base) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("experiment: "+format, args...)) }
	finite := func(x float64) bool { return x >= 0 && !math.IsInf(x, 0) }

	if !slices.Contains(BaseNames, b.Optimizer) {
		bad("base optimizer %q: want one of %v", b.Optimizer, BaseNames)
	}
	if !(finite(b.LearningRate) && b.LearningRate > 0) {
		bad("learning rate = %v: want a finite number above 0", b.LearningRate)
	}
	if !slices.Contains(ScheduleNames, b.Schedule) {
		bad("schedule %q: want one of %v", b.Schedule, ScheduleNames)
	}
	if b.WarmupSteps < 0 {
		bad("learning rate warm-up = %d steps: want 0 or more", b.WarmupSteps)
	}
	if !(b.Momentum >= 0 && b.Momentum < 1) {
		bad("momentum = %v: want 0 ≤ momentum < 1", b.Momentum)
	}
	if b.Nesterov && b.Momentum == 0 {
		bad("Nesterov's form needs a momentum above 0")
	}
	if !finite(b.WeightDecay) {
		bad("weight decay = %v: want a finite number, 0 or more", b.WeightDecay)
	}
	if b.Optimizer == "adam" && b.WeightDecay > 0 {
		bad("weight decay = %v with base optimizer adam, which has none: want adamw, or a weight decay of 0", b.WeightDecay)
	}
	if !finite(b.Clip) {
		bad("clip = %v: want a finite norm, or 0 for no clipping", b.Clip)
	}
	return errors.Join(errs...)
}

// microBatches is the number of micro-batches of a batch, 1 or more.
func (r Recipe) microBatches() int { return max(1, r.Accumulate) }

// DTypeNames are the types that layers can compute in.
var DTypeNames = []string{"float32", "float64", "bfloat16"}

// dtypes returns the type of the weights and that of the activations.
func (r Recipe) dtypes() (weights, compute dtypes.DType, err error) {
	switch r.DType {
	case "float32":
		return dtypes.Float32, dtypes.Float32, nil
	case "float64":
		return dtypes.Float64, dtypes.Float64, nil
	case "bfloat16":
		return dtypes.Float32, dtypes.BFloat16, nil
	}
	return dtypes.InvalidDType, dtypes.InvalidDType, fmt.Errorf("experiment: dtype %q: want one of %s", r.DType, strings.Join(DTypeNames, ", "))
}

// dataOptions says which part of the data set is loaded.
func (r Recipe) dataOptions() datasets.Options {
	return datasets.Options{
		Dir: r.DataDir, TrainSize: r.TrainSize, ValidationSize: r.ValidationSize, TestSize: r.TestSize, LabelNoise: r.LabelNoise, Seed: r.DataSeed,
	}
}
