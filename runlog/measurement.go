package runlog

import "maps"

// MeasurementsFile holds what xsam curvature measured on a run, one JSON object a line.
const MeasurementsFile = "curvature.jsonl"

// The kinds of Measurement, which say which of its parts is there.
const (
	MeasureSpectrum  = "spectrum"  // Spectrum: the top eigenvalues
	MeasureTrace     = "trace"     // Trace
	MeasureFrobenius = "frobenius" // Frobenius
	MeasureDensity   = "density"   // Density
	MeasureAngle     = "angle"     // Angles: gradient against the top eigenvectors
	MeasureSharpness = "sharpness" // Sharpness: rise of the loss in balls
	MeasureLayers    = "layers"    // Layers: λmax of each layer's own block
	MeasureLandscape = "landscape" // Landscape: the loss along a line or over a plane
)

// ReasonInterrupted is the Reason of a measurement that Ctrl-C ended before it had all its parts.
const ReasonInterrupted = "interrupted"

// Measurement is one line of curvature.jsonl: one thing measured at one state of the weights.
type Measurement struct {
	Measure string `json:"measure"`
	// Run is the Name of the run; "" in records of earlier versions.
	Run string `json:"run,omitempty"`
	// Step and Epoch are those of the weights; -1 and absent for a state of unknown age.
	Step  int64  `json:"step"`
	Epoch Number `json:"epoch,omitzero"`
	// Operator is the matrix: "hessian", "gauss-newton", "fisher" or "adam"; Method how a product is made, "exact" or
	// "difference". Both are empty for what is read from losses and gradients alone.
	Operator string `json:"operator"`
	Method   string `json:"method"`
	// Split, Examples and Batch say of which loss, Norm how batch norm was taken: "batch" (the statistics of each
	// batch, as in training) or "running" (running averages, as in evaluation).
	Split    string `json:"split"`
	Examples int    `json:"examples"`
	Batch    int    `json:"batch"`
	Norm     string `json:"norm"`
	DType    string `json:"dtype"`
	Backend  string `json:"backend"`
	Seed     int64  `json:"seed"`
	// Settings are the other settings that decide the outcome, by the names of the command's flags: {"top": "5"}.
	Settings map[string]string `json:"settings,omitempty"`
	Version  string            `json:"version,omitempty"`
	// Loss is the loss there. LearningRate is the one of the last update before (of the first one for fresh weights)
	// and Momentum that of sgd, absent for other optimizers, in Nesterov's form or not: the edges are drawn from them.
	Loss         Number `json:"loss,omitzero"`
	LearningRate Number `json:"learning_rate,omitzero"`
	Momentum     Number `json:"momentum,omitzero"`
	Nesterov     bool   `json:"nesterov,omitempty"`
	// Products are the matrix-vector products spent on this measurement: none where it used the eigenvectors of
	// another. Seconds is its time, compiling included.
	Products int    `json:"products"`
	Seconds  Number `json:"seconds,omitzero"`
	// Converged is false when a limit ended the measurement early; Reason is what ended it. ReasonInterrupted marks a
	// part of a density or a landscape, with which the measurement can go on.
	Converged bool   `json:"converged"`
	Reason    string `json:"reason,omitempty"`

	Spectrum  *Spectrum       `json:"spectrum,omitempty"`
	Trace     *Estimate       `json:"trace,omitempty"`
	Frobenius *Estimate       `json:"frobenius,omitempty"`
	Density   *Density        `json:"density,omitempty"`
	Angles    *Angles         `json:"angles,omitempty"`
	Sharpness []BallSharpness `json:"sharpness,omitempty"`
	Layers    []LayerBlock    `json:"layers,omitempty"`
	Landscape *Landscape      `json:"landscape,omitempty"`
}

// Spectrum holds eigenvalues from the largest down, with their relative residuals ‖Hv − λv‖/|λ|.
type Spectrum struct {
	Values    []Number `json:"values"`
	Residuals []Number `json:"residuals"`
}

// Estimate is a randomised estimate with its standard error; Estimator names the way.
type Estimate struct {
	Value         Number `json:"value"`
	StandardError Number `json:"standard_error,omitzero"`
	Samples       int    `json:"samples"`
	Estimator     string `json:"estimator"`
}

// Density is a spectral density: for each probe the Ritz values (ascending) and their weights (sum 1), and the mean
// of them smoothed by a Gaussian of the given width on a grid of points, for drawing. It integrates to 1.
type Density struct {
	Nodes   [][]float64 `json:"nodes"`
	Weights [][]float64 `json:"weights"`
	Width   float64     `json:"width"`
	Points  []float64   `json:"points"`
	Values  []float64   `json:"values"`
}

// Angles says how the gradient lies to the top eigenvectors, first the top one: |cos|, the angle in degrees (0 to
// 90), and the share of the gradient's norm in the span of all.
type Angles struct {
	GradNorm Number   `json:"grad_norm"`
	AbsCos   []Number `json:"abs_cos"`
	AngleDeg []Number `json:"angle_deg"`
	Span     Number   `json:"span"`
}

// BallSharpness is the rise of the loss found within a ball: Ball is "sam", "asam" or "m-sam" (the mean over batches
// of each one's own rise), Rho its radius, Steps the number of ascent steps.
type BallSharpness struct {
	Ball  string  `json:"ball"`
	Rho   float64 `json:"rho"`
	Steps int     `json:"steps"`
	Rise  Number  `json:"rise"`
}

// LayerBlock is the largest eigenvalue of the block of H that belongs to the parameters of one layer.
type LayerBlock struct {
	Layer      string `json:"layer"`
	Parameters int    `json:"parameters"`
	LambdaMax  Number `json:"lambda_max"`
	Residual   Number `json:"residual"`
	Converged  bool   `json:"converged"`
}

// Landscape is the loss over a plane through the weights: Loss[j][i] at w + X[i]·d + Y[j]·e. A line has a single Y, 0.
// Directions name d and e: "eigenvector 1", "filter-normalised 1", "checkpoint epoch 5 to 25", "PCA 1", "runs 1".
type Landscape struct {
	Directions []string   `json:"directions"`
	X          []float64  `json:"x"`
	Y          []float64  `json:"y"`
	Loss       [][]Number `json:"loss"`
	// Path is the way that training took in the plane, in the units of X and Y, where that is known.
	Path [][2]float64 `json:"path,omitempty"`
	// Runs are the places of the last weights of several runs, the measured one among them, at 0, 0, in a plane through
	// them.
	Runs []Place `json:"runs,omitempty"`
}

// Place is a point in a plane, in the units of its axes, under the name of the method that led there.
type Place struct {
	Name string     `json:"name"`
	At   [2]float64 `json:"at"`
}

// OfAnother tells whether a measurement is of another run than that of a name.
func (m Measurement) OfAnother(name string) bool { return m.Run != "" && m.Run != name }

// Same tells whether two measurements are of the same thing with the same settings, so that one can stand for the
// other.
func (m Measurement) Same(o Measurement) bool {
	return m.Measure == o.Measure && m.Step == o.Step && m.Operator == o.Operator && m.Method == o.Method &&
		m.Split == o.Split && m.Examples == o.Examples && m.Batch == o.Batch && m.Norm == o.Norm &&
		m.DType == o.DType && m.Backend == o.Backend && m.Seed == o.Seed && maps.Equal(m.Settings, o.Settings)
}

// Newest keeps of measurements that are the Same only the last one, in the order of their first.
func Newest(measurements []Measurement) []Measurement {
	var newest []Measurement
next:
	for _, m := range measurements {
		for i := range newest {
			if newest[i].Same(m) {
				newest[i] = m
				continue next
			}
		}
		newest = append(newest, m)
	}
	return newest
}

// Settled keeps of measurements the newest of each, without parts of those that were interrupted.
func Settled(measurements []Measurement) (settled []Measurement) {
	for _, m := range measurements {
		if m.Reason != ReasonInterrupted {
			settled = append(settled, m)
		}
	}
	return Newest(settled)
}
