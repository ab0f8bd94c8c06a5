package runlog

// Kind says what a Record holds.
type Kind string

const (
	// Train records hold means over the steps since the last one, as the optimizer saw them.
	Train Kind = "train"
	// Eval records hold the loss and the accuracy of a whole set of examples, with the weights held still.
	Eval Kind = "eval"
	// Curvature records hold what was measured of the Hessian on a fixed set of examples, with the weights held
	// still: the top eigenvalue, iterated to its end, and along training more than that.
	Curvature Kind = "curvature"
)

// The sets of examples of an Eval or Curvature record.
const (
	TrainSplit      = "train"
	ValidationSplit = "validation"
	TestSplit       = "test"
)

// Record is one line of metrics.jsonl.
type Record struct {
	Kind Kind `json:"kind"`
	// Step is the number of updates made before the measurement.
	Step int64 `json:"step"`
	// Epoch is the number of passes over the training data, with its fraction.
	Epoch Number `json:"epoch,omitzero"`
	// Split is the set of examples that was measured; absent in Train records.
	Split string `json:"split,omitempty"`
	// Loss is a mean over examples. In a Train record it is the loss at the weights, not at a perturbed point, and
	// the mean over the batches since the last Train record.
	Loss Number `json:"loss,omitzero"`
	// Accuracy is a fraction in [0, 1].
	Accuracy Number `json:"accuracy,omitzero"`
	// Metric is the value of a metric of the user's own, in its own unit: see Summary.Metric.
	Metric Number `json:"metric,omitzero"`
	// LambdaMax is the mean of the optimizer's running estimates, over the refreshes since the last Train record, in
	// a Train record, and the measured eigenvalue in a Curvature record.
	LambdaMax Number `json:"lambda_max,omitzero"`
	// LambdaResidual is ‖Hv − λv‖/|λ|, without unit.
	LambdaResidual Number `json:"lambda_residual,omitzero"`
	// Lambda5 is the fifth largest eigenvalue with its own relative residual, Trace the trace with the standard error
	// of its estimate: of Curvature records along training (--curvature-every) alone.
	Lambda5         Number `json:"lambda5,omitzero"`
	Lambda5Residual Number `json:"lambda5_residual,omitzero"`
	Trace           Number `json:"trace,omitzero"`
	TraceError      Number `json:"trace_error,omitzero"`
	// Products and Seconds are what a Curvature record along training took; LambdaStop is what ended the iteration
	// for the eigenvalues, as in Summary.
	LambdaStop string `json:"lambda_stop,omitempty"`
	Products   int    `json:"products,omitzero"`
	Seconds    Number `json:"seconds,omitzero"`
	// AngleDeg is the angle between gradient and eigenvector in degrees, AbsCos the absolute value of its cosine.
	AngleDeg Number `json:"angle_deg,omitzero"`
	AbsCos   Number `json:"abs_cos,omitzero"`
	// SmoothLambda is the running estimate that a bound on λ (--max-lambda) goes by; absent without one.
	SmoothLambda Number `json:"smooth_lambda,omitzero"`
	// Strength is what such a bound multiplies the radius of the ascents by, 1 or more; absent without one.
	Strength Number `json:"strength,omitzero"`
	// Risen is the share of the steps in which the running loss had risen and there was no correction; absent
	// where there were none.
	Risen Number `json:"risen,omitzero"`
	// GradNorm is the norm of the gradient before its correction.
	GradNorm Number `json:"grad_norm,omitzero"`
	// StepSeconds is the time of a step since the last Train record, made up as Summary.StepSecondsMedian is.
	StepSeconds Number `json:"step_seconds,omitzero"`
	// GradientEvaluations is the number of gradients spent since step 0; an exact Hessian-vector product counts as 2.
	GradientEvaluations Number `json:"gradient_evaluations,omitzero"`
}

// What ends the iteration for λmax (Summary.LambdaStop).
const (
	StopResidual = "residual" // the residual was small enough: converged
	StopProducts = "products" // the products were used up: not converged
	// StopNotMeasured begins the text that says why there is no λmax though it was asked for.
	StopNotMeasured = "not measured"
	// any other text is the reason of the solver: not converged
)

// Which way a metric is better (Summary.MetricBetter).
const (
	MetricHigher = "higher"
	MetricLower  = "lower"
)

// Summary is the content of summary.json: the outcome of a run.
type Summary struct {
	Method string `json:"method"`
	Seed   int64  `json:"seed"`
	Data   string `json:"data"`
	Model  string `json:"model"`
	// Backend is the engine that computed, "xla:cpu" for instance. BackendFallback says why it was pure Go although
	// XLA was wanted; absent when there was no falling back.
	Backend         string `json:"backend"`
	BackendFallback string `json:"backend_fallback,omitempty"`
	// Parameters is the number of trainable numbers in the model.
	Parameters int `json:"parameters,omitzero"`
	// Epochs and Steps are the finished ones.
	Epochs Number `json:"epochs,omitzero"`
	Steps  int64  `json:"steps"`

	TrainLoss     Number `json:"train_loss,omitzero"`
	TrainAccuracy Number `json:"train_accuracy,omitzero"`
	TestLoss      Number `json:"test_loss,omitzero"`
	TestAccuracy  Number `json:"test_accuracy,omitzero"`
	// Metric is the name of the metric of a Go program of the user's own, "" for none, and MetricBetter says which way is
	// better, MetricHigher or MetricLower. TrainMetric and TestMetric are its values, in its own unit.
	Metric       string `json:"metric,omitempty"`
	MetricBetter string `json:"metric_better,omitempty"`
	TrainMetric  Number `json:"train_metric,omitzero"`
	TestMetric   Number `json:"test_metric,omitzero"`
	// ValidationLoss and ValidationAccuracy stand in their place for a run that holds validation images out.
	ValidationLoss     Number `json:"validation_loss,omitzero"`
	ValidationAccuracy Number `json:"validation_accuracy,omitzero"`

	// LambdaMax is the largest eigenvalue of the Hessian of the loss of LambdaExamples training examples, with the
	// relative residual, the number of Hessian-vector products spent, and what ended the iteration.
	LambdaMax      Number `json:"lambda_max,omitzero"`
	LambdaResidual Number `json:"lambda_residual,omitzero"`
	LambdaStop     string `json:"lambda_stop,omitempty"`
	LambdaProducts int    `json:"lambda_products,omitzero"`
	LambdaExamples int    `json:"lambda_examples,omitzero"`

	// AngleDeg is the angle in degrees, folded into [0, 90], between the gradient of those examples and the
	// eigenvector of LambdaMax; AbsCos is its cosine.
	AngleDeg Number `json:"angle_deg,omitzero"`
	AbsCos   Number `json:"abs_cos,omitzero"`

	// StepSecondsMedian is the time of one step: the median of each kind of step (plain, ascent, pair), weighted with
	// how often the kind occurs, compilations left out.
	StepSecondsMedian          Number `json:"step_seconds_median,omitzero"`
	GradientEvaluationsPerStep Number `json:"gradient_evaluations_per_step,omitzero"`
	// WallSeconds is the time of the whole run with compilation and evaluation, over all its resumptions; absent where
	// that of a part of it is not known.
	WallSeconds Number `json:"wall_seconds,omitzero"`

	// CurvatureSeconds is the part of WallSeconds that the measurements along training took (--curvature-every),
	// compiling included; CurvatureShare is it as a fraction.
	CurvatureSeconds Number `json:"curvature_seconds,omitzero"`
	CurvatureShare   Number `json:"curvature_share,omitzero"`

	// ChanceLoss and ChanceAccuracy are what the training loss and the training accuracy are of answers that do not look
	// at the example: how often each class comes, or the mean of the numbers. Absent where it is not known.
	ChanceLoss     Number `json:"chance_loss,omitzero"`
	ChanceAccuracy Number `json:"chance_accuracy,omitzero"`
	// NotLearnt says of a finished run that it has not learnt, and in which way; absent where it has.
	NotLearnt Unlearnt `json:"not_learnt,omitempty"`

	// UndoneUpdates is the number of updates that were undone, for the loss or the weights were not finite after them
	// (--on-nonfinite skip or rollback); Steps counts them.
	UndoneUpdates int `json:"undone_updates,omitzero"`

	// Finished is false for a run that was interrupted or whose loss is no longer finite (Diverged); Stopped says
	// where.
	Finished bool   `json:"finished"`
	Diverged bool   `json:"diverged,omitempty"`
	Stopped  string `json:"stopped,omitempty"`
	Version  string `json:"version"`
}
