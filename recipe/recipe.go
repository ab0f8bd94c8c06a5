package recipe

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/parameter"
)

// Recipe is everything that decides the outcome of a run. Start from Defaults and SetMethod: zero means zero, save
// where a field says otherwise. Its JSON form is what config.json holds.
type Recipe struct {
	// Method is the name under which the run is compared; SetMethod sets it together with Config.
	Method string `json:"method"`
	// Seed draws the initial weights, the first v and the order of the batches.
	Seed int64 `json:"seed"`

	// Data names a data set of package datasets, DataDir is where its files are. Of data of the user's own Locate makes
	// "csv:iris.csv", a file or folder within DataDir.
	Data    string `json:"data"`
	DataDir string `json:"data_dir,omitempty"`
	// Label is the column that is learnt, of csv and parquet: its name, or its number from 1. Task is "" for classes or
	// "regression" for a number, of csv. Image is the size to which images of folder and parquet are brought, "HxWxC", ""
	// for that of the files.
	Label string `json:"label,omitempty"`
	Task  string `json:"task,omitempty"`
	Image string `json:"image,omitempty"`
	// DataHash names the contents of data of the user's own, as Fingerprint sets it: other contents are refused. "" for
	// built-in sets, and accepts whatever there is.
	DataHash string `json:"data_hash,omitempty"`
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

	Network // the model
	// DType is the type of weights and activations, "float32" or "float64"; or "bfloat16", which computes activations in
	// that and keeps weights, gradients, v, momentum, batch norm and logits in float32.
	DType string `json:"dtype"`

	// Epochs is the number of passes over the training data, Batch the number of images of a step.
	Epochs int `json:"epochs"`
	Batch  int `json:"batch"`
	// Accumulate is the number of micro-batches into which each batch is cut, so that only one of them is on the device
	// at a time; 0 and 1 do not cut. The outcome is that of the whole batch but for batch norm, which sees
	// micro-batches, and for the ascent with LocalAscent.
	Accumulate int `json:"accumulate,omitzero"`

	Base
	xsam.Config // the method's parameters; its seed has no part: a run draws the first v itself

	// Study is set for a run of a Go program of the user's own, and nil for a recipe of the command.
	Study *Study `json:"study,omitempty"`

	// EvaluateEvery is the number of epochs between two evaluations on the whole training and test set; 0 evaluates at
	// the end alone. The end is always evaluated.
	EvaluateEvery int `json:"evaluate_every"`
	// LambdaExamples is the number of training examples on which λmax is measured when training has ended, 0 for all.
	// They are the first ones, in batches of LambdaBatch; batch norm takes the statistics of these, as in training.
	LambdaExamples int `json:"lambda_examples"`
	LambdaBatch    int `json:"lambda_batch"`
	// LambdaEvery is the number of epochs between two measurements of λmax along training, in addition to the one at the
	// end; 0 measures at the end alone. (Options.CurvatureEvery measures more, as an extra that is no part of the
	// recipe.)
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
	// LearningRate is the highest rate; Schedule ("constant", "cosine" to 0, "step": a tenth after 50 % and again after
	// 75 % of the steps) and WarmupSteps (a linear start) scale it.
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

// SetMethod sets Method and Config from a label, "sam:rho=0.1", with the settings in common laid over the preset
// before: see xsam.Method. Set the base optimizer before: the preset of X-SAM has another α where that is adaptive.
func (r *Recipe) SetMethod(label string, common map[string]string) error {
	config, err := xsam.Method(label, r.suitedSettings(label, common))
	if err == nil {
		err = checkLabel(label)
	}
	if err != nil {
		return err
	}
	r.Method, r.Config = label, config
	return nil
}

// checkLabel reports a label whose settings are not each one name with a value, "xsam:" for instance.
func checkLabel(label string) error {
	seen := map[string]bool{}
	for _, part := range parameter.Settings(label) {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case !ok || name == "" || value == "":
			return fmt.Errorf("recipe: method %q has the setting %q: want name=value, as in sam:rho=0.1", label, part)
		case seen[name]:
			return fmt.Errorf("recipe: method %q sets %s twice: want each setting once", label, name)
		}
		seen[name] = true
	}
	return nil
}

// MicroBatches is the number of micro-batches of a batch, 1 or more.
func (r Recipe) MicroBatches() int { return max(1, r.Accumulate) }

// DataOptions says which part of the data set is loaded.
func (r Recipe) DataOptions() datasets.Options {
	return datasets.Options{
		Dir: r.DataDir, TrainSize: r.TrainSize, ValidationSize: r.ValidationSize, TestSize: r.TestSize,
		LabelNoise: r.LabelNoise, Seed: r.DataSeed,
		Own: own.Options{Label: r.Label, Task: r.Task, Image: r.Image}, Fingerprint: r.DataHash,
	}
}

// DTypeNames are the types that layers can compute in.
var DTypeNames = []string{"float32", "float64", "bfloat16"}

// DTypes returns the type of the weights and that of the activations.
func (r Recipe) DTypes() (weights, compute dtypes.DType, err error) {
	switch r.DType {
	case "float32":
		return dtypes.Float32, dtypes.Float32, nil
	case "float64":
		return dtypes.Float64, dtypes.Float64, nil
	case "bfloat16":
		return dtypes.Float32, dtypes.BFloat16, nil
	}
	return dtypes.InvalidDType, dtypes.InvalidDType,
		fmt.Errorf("recipe: dtype %q: want one of %s", r.DType, strings.Join(DTypeNames, ", "))
}

// GradientsPerProduct is what an exact Hessian-vector product counts for in gradient evaluations: it holds one gradient
// and the gradient of that. (docs/curvature.md has its time, 1.2 to 2.7 gradients.)
const GradientsPerProduct = 2

// GradientsPerStep is the number of gradient evaluations that a step of a recipe spends on average, by its schedule;
// an exact Hessian-vector product counts as 2.
func (r Recipe) GradientsPerStep() float64 {
	const steps = 1000
	total := 0
	for step := range int64(steps) {
		gradients, products := r.Cost(step)
		total += gradients + GradientsPerProduct*products
	}
	return float64(total) / steps
}
