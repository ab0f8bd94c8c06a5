package recipe

import (
	"fmt"
	"reflect"
	"strconv"
)

// Field is a field of a recipe that a flag of the command sets. The parameters of methods are not among them:
// internal/parameter has those.
type Field struct {
	Flag  string
	Group string // under which help shows it
	Help  string // with the `placeholder` of its value; defaults follow from the data set
	None  string // what stands for a value of 0, such as "all"
	Of    func(*Recipe) any
}

// Set gives the field a value as its flag takes it.
func (f Field) Set(r *Recipe, text string) (err error) {
	switch to := f.Of(r).(type) {
	case *string:
		*to = text
	case *int:
		*to, err = strconv.Atoi(text)
	case *int64:
		*to, err = strconv.ParseInt(text, 10, 64)
	case *float64:
		*to, err = strconv.ParseFloat(text, 64)
	case *bool:
		*to, err = strconv.ParseBool(text)
	}
	if err != nil {
		return fmt.Errorf("recipe: %s = %q: %w", f.Flag, text, err)
	}
	return nil
}

// Text is the value of the field as its flag takes it.
func (f Field) Text(r *Recipe) string { return fmt.Sprint(reflect.ValueOf(f.Of(r)).Elem().Interface()) }

// The groups of fields.
const (
	DataGroup        = "Data"
	TrainingGroup    = "Model and training"
	BaseGroup        = "Base optimizer (what is done with the gradient of the method)"
	MeasurementGroup = "Measurement"
)

// Fields are the fields of a recipe in the order in which help and command lines name them, but for the data set and
// the seed.
var Fields = []Field{
	{"data-dir", DataGroup, "`folder` with the files of the data set; of your own data, the one in which its path begins",
		"", func(r *Recipe) any { return &r.DataDir }},
	{"label", DataGroup, "`column` of csv and parquet to learn, by name or by number from 1", "none",
		func(r *Recipe) any { return &r.Label }},
	{"task", DataGroup, "`task` of csv: classification, or regression for a number that is measured",
		"classification", func(r *Recipe) any { return &r.Task }},
	{"image", DataGroup, "`HxWxC` that images of folder and parquet get",
		"that of the files", func(r *Recipe) any { return &r.Image }},
	{"train-size", DataGroup, "`number` of training images", "all", func(r *Recipe) any { return &r.TrainSize }},
	{"test-size", DataGroup, "`number` of test images", "all", func(r *Recipe) any { return &r.TestSize }},
	{"validation-size", DataGroup,
		"`number` of images to hold out of those that could be trained on; accuracy is measured on them, " +
			"and not on the test images", "none", func(r *Recipe) any { return &r.ValidationSize }},
	{"label-noise", DataGroup, "`share` of training labels replaced by a random one", "",
		func(r *Recipe) any { return &r.LabelNoise }},
	{"augment", DataGroup, "shift and mirror training images", "", func(r *Recipe) any { return &r.Augment }},
	{"data-seed", DataGroup, "`seed` of the choice of images and of the label noise; the same for all runs", "",
		func(r *Recipe) any { return &r.DataSeed }},

	{"model", TrainingGroup, "`model`, onnx:FILE for your own, or one of these", "",
		func(r *Recipe) any { return &r.Model }},
	{"model-dir", TrainingGroup, "`folder` of onnx:FILE", "the working folder",
		func(r *Recipe) any { return &r.ModelDir }},
	{"weights", TrainingGroup, "`weights` to begin with: safetensors:FILE", "those of the model",
		func(r *Recipe) any { return &r.Weights }},
	{"weights-dir", TrainingGroup, "`folder` of safetensors:FILE", "the working folder",
		func(r *Recipe) any { return &r.WeightsDir }},
	{"init", TrainingGroup, "first `weights` of onnx:FILE: file, or random for such as the seed draws", "file",
		func(r *Recipe) any { return &r.Init }},
	{"freeze", TrainingGroup, "`pattern` of weights that are not trained, such as conv*; several with commas", "none",
		func(r *Recipe) any { return &r.Freeze }},
	{"train", TrainingGroup, "`pattern` of the only weights that are trained", "all",
		func(r *Recipe) any { return &r.Train }},
	{"head", TrainingGroup, "`node` of onnx:FILE after which a new dense layer is put, in place of all that follows",
		"none", func(r *Recipe) any { return &r.Head }},
	{"epochs", TrainingGroup, "`number` of passes over the training images", "", func(r *Recipe) any { return &r.Epochs }},
	{"batch", TrainingGroup, "`number` of images of a step", "", func(r *Recipe) any { return &r.Batch }},
	{"accumulate", TrainingGroup, "`number` of micro-batches into which a batch is cut, to save memory", "none",
		func(r *Recipe) any { return &r.Accumulate }},
	{"dtype", TrainingGroup,
		"`type` of weights and activations; bfloat16 is for activations alone, with all else in float32", "",
		func(r *Recipe) any { return &r.DType }},

	{"base", BaseGroup, "`optimizer`, for vit and mixer adamw", "", func(r *Recipe) any { return &r.Optimizer }},
	{"lr", BaseGroup, "highest learning `rate`", "", func(r *Recipe) any { return &r.LearningRate }},
	{"schedule", BaseGroup, "learning rate `schedule`: cosine falls to 0, step to a tenth after 50 % and after 75 %", "",
		func(r *Recipe) any { return &r.Schedule }},
	{"lr-warmup", BaseGroup, "`steps` over which the learning rate rises at the start", "",
		func(r *Recipe) any { return &r.WarmupSteps }},
	{"momentum", BaseGroup, "`momentum` of sgd", "", func(r *Recipe) any { return &r.Momentum }},
	{"nesterov", BaseGroup, "Nesterov's form of momentum", "", func(r *Recipe) any { return &r.Nesterov }},
	{"weight-decay", BaseGroup, "weight `decay` of sgd and adamw", "", func(r *Recipe) any { return &r.WeightDecay }},
	{"decay-all", BaseGroup, "decay biases and the scales and offsets of norms too", "",
		func(r *Recipe) any { return &r.DecayBiasesAndNorms }},
	{"clip", BaseGroup, "largest `norm` of the gradient", "no limit", func(r *Recipe) any { return &r.Clip }},

	{"eval-every", MeasurementGroup,
		"`epochs` between evaluations on all training and test images; 0: at the end alone", "",
		func(r *Recipe) any { return &r.EvaluateEvery }},
	{"lambda-examples", MeasurementGroup, "`number` of training images on which λmax is measured at the end; 0: all",
		"all",
		func(r *Recipe) any { return &r.LambdaExamples }},
	{"lambda-products", MeasurementGroup, "largest `number` of Hessian-vector products for it; 0: do not measure it", "",
		func(r *Recipe) any { return &r.LambdaProducts }},
}
