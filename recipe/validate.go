package recipe

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
)

// Validate reports every field that is out of range, joined into one error, as far as it can be told without the data.
func (r Recipe) Validate() error {
	if r.Study != nil {
		return fmt.Errorf("recipe: %s with %s is a study of a Go program, which alone has the data and the model: train and "+
			"measure there, with packages experiment and curvature", r.Data, r.Model)
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }

	if _, mine := own.Parse(r.Data); !mine && !slices.Contains(datasets.Names(), r.Data) {
		bad("data %q: want one of %v, or your own: %s", r.Data, datasets.Names(), datasets.OwnForms())
	}
	errs = append(errs, r.ValidateData())
	errs = append(errs, r.Network.validate())
	if _, _, err := r.DTypes(); err != nil {
		errs = append(errs, err)
	}
	if r.Epochs < 1 {
		bad("epochs = %d: want 1 or more", r.Epochs)
	}
	if r.Batch < 1 {
		bad("batch = %d: want 1 or more images", r.Batch)
	}
	if r.TrainSize > 0 && r.Batch > r.TrainSize && r.Batch <= largestImages {
		bad("batch = %d with train size = %d: want batches of %d images at most", r.Batch, r.TrainSize, r.TrainSize)
	}
	if r.Accumulate < 0 || r.Accumulate > 1 && r.Batch%r.Accumulate != 0 {
		bad("accumulate = %d with batches of %d images: want 0 or 1 (whole batches), or a number that the batch divides "+
			"by", r.Accumulate, r.Batch)
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
	if r.LambdaExamples < 0 {
		bad("λmax examples = %d: want 0 (all) or more", r.LambdaExamples)
	}
	if r.ValidationSize < 0 {
		bad("validation size = %d: want 0 (none) or more images", r.ValidationSize)
	}
	if r.LambdaEvery < 0 || (r.LambdaEvery > 0 && r.LambdaProducts == 0) {
		bad("λmax every %d epochs with %d products: want 0 (at the end alone) or more epochs, and products to measure "+
			"it with", r.LambdaEvery, r.LambdaProducts)
	}
	if r.LambdaProducts > 0 && r.LambdaBatch < 1 {
		bad("λmax batch = %d: want 1 or more examples", r.LambdaBatch)
	}
	errs = append(errs, r.tooLarge()...)
	errs = append(errs, r.Base.validate())
	return errors.Join(append([]error{r.checkRun()}, errs...)...)
}

// checkRun is what Validate and ValidateStudy have in common: the method, and when there is an evaluation and how λmax
// is measured.
func (r Recipe) checkRun() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }
	if r.Method == "" {
		bad("the recipe has no method: call SetMethod")
	}
	if r.EvaluateEvery < 0 {
		bad("evaluate every = %d epochs: want 0 (at the end alone) or more", r.EvaluateEvery)
	}
	if r.LambdaProducts < 0 || (r.LambdaProducts > 0 && !(r.LambdaTolerance > 0 && r.LambdaTolerance < 1)) {
		bad("λmax products = %d, tolerance = %v: want 0 products (no measurement) or more, and a tolerance between 0 and 1",
			r.LambdaProducts, r.LambdaTolerance)
	}
	return errors.Join(append(errs, r.Config.Validate())...)
}

func (b Base) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("recipe: "+format, args...)) }
	finite := func(x float64) bool { return x >= 0 && x <= math.MaxFloat32 } // what the optimizer computes in

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
	if b.Optimizer == "adamw" && b.WeightDecay > 0 && !b.DecayBiasesAndNorms {
		bad("biases and norms without decay with base optimizer adamw, which decays all: want them decayed, or sgd")
	}
	if b.Optimizer == "adam" && b.WeightDecay > 0 {
		bad("weight decay = %v with base optimizer adam, which has none: want adamw, or a weight decay of 0", b.WeightDecay)
	}
	if !finite(b.Clip) {
		bad("clip = %v: want a finite norm, or 0 for no clipping", b.Clip)
	}
	return errors.Join(errs...)
}

// CheckDevices reports why batches cannot be spread over devices; 0 and 1 do not spread.
func (r Recipe) CheckDevices(devices int) error {
	if devices > MaxDevices {
		return fmt.Errorf("recipe: %d devices: want %d at most", devices, MaxDevices)
	}
	if devices > 1 && r.Batch%devices != 0 {
		return fmt.Errorf("recipe: batches of %d images cannot be spread over %d devices: choose a batch size that "+
			"divides by %d",
			r.Batch, devices, devices)
	}
	return nil
}
