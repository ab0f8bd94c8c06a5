package runlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

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

// Measurement is one line of curvature.jsonl: one thing measured at one state of the weights.
type Measurement struct {
	Measure string `json:"measure"`
	// Step and Epoch are those of the weights; -1 and absent for a state of unknown age.
	Step  int64  `json:"step"`
	Epoch Number `json:"epoch,omitzero"`
	// Operator is the matrix: "hessian", "gauss-newton", "fisher" or "adam"; Method how a product is made, "exact" or
	// "difference".
	Operator string `json:"operator"`
	Method   string `json:"method"`
	// Split, Examples and Batch say of which loss, Norm how batch norm was taken: "batch" (the statistics of each batch, as
	// in training) or "running" (running averages, as in evaluation).
	Split    string `json:"split"`
	Examples int    `json:"examples"`
	Batch    int    `json:"batch"`
	Norm     string `json:"norm"`
	DType    string `json:"dtype"`
	Backend  string `json:"backend"`
	Seed     int64  `json:"seed"`
	// Loss is the loss there, LearningRate the one in force, against which 2/η is drawn.
	Loss         Number `json:"loss,omitzero"`
	LearningRate Number `json:"learning_rate,omitzero"`
	// Products are the Hessian-vector products spent, Seconds the time of the measurement, compiling included.
	Products int    `json:"products"`
	Seconds  Number `json:"seconds,omitzero"`
	// Converged is false when a limit ended the measurement early; Reason is what ended it.
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

// Density is a spectral density: for each probe the Ritz values (ascending) and their weights (sum 1), and the mean of them
// smoothed by a Gaussian of the given width on a grid of points, for drawing. It integrates to 1.
type Density struct {
	Nodes   [][]float64 `json:"nodes"`
	Weights [][]float64 `json:"weights"`
	Width   float64     `json:"width"`
	Points  []float64   `json:"points"`
	Values  []float64   `json:"values"`
}

// Angles says how the gradient lies to the top eigenvectors, first the top one: |cos|, the angle in degrees (0 to 90), and
// the share of the gradient's norm in the span of all.
type Angles struct {
	GradNorm Number   `json:"grad_norm"`
	AbsCos   []Number `json:"abs_cos"`
	AngleDeg []Number `json:"angle_deg"`
	Span     Number   `json:"span"`
}

// BallSharpness is the rise of the loss found within a ball: Ball is "sam", "asam" or "m-sam" (the mean over batches of each
// one's own rise), Rho its radius, Steps the number of ascent steps.
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
// Directions name d and e: "eigenvector 1", "filter-normalised 1", "checkpoint epoch 5 to 25", "PCA 1".
type Landscape struct {
	Directions []string   `json:"directions"`
	X          []float64  `json:"x"`
	Y          []float64  `json:"y"`
	Loss       [][]Number `json:"loss"`
	// Path is the way that training took in the plane, in the units of X and Y, where that is known.
	Path [][2]float64 `json:"path,omitempty"`
}

// AppendMeasurement adds a measurement to curvature.jsonl, durably.
func AppendMeasurement(dir string, m Measurement) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("runlog: a measurement of %s cannot be written as JSON: %w", m.Measure, err)
	}
	file, err := os.OpenFile(filepath.Join(dir, MeasurementsFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("runlog: cannot append to %s: %w", file.Name(), err)
	}
	return nil
}

// ReadMeasurements reads curvature.jsonl; none when there is no such file. A torn last line is left out with a warning.
func ReadMeasurements(dir string) (measurements []Measurement, warnings []string, err error) {
	path := filepath.Join(dir, MeasurementsFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, fmt.Errorf("runlog: %w", err)
	}
	for number := 1; len(content) > 0; number++ {
		text, rest, ended := bytes.Cut(content, []byte{'\n'})
		content = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		var m Measurement
		if err := json.Unmarshal(text, &m); err != nil {
			if !ended {
				return measurements, []string{fmt.Sprintf("%s: line %d was cut off while it was written and is left out", path, number)}, nil
			}
			return nil, nil, fmt.Errorf("runlog: %s: line %d is no measurement: %w", path, number, err)
		}
		measurements = append(measurements, m)
	}
	return measurements, nil, nil
}
