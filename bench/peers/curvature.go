package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
)

// curvatureSetting is what is measured, as the Python side reads it.
type curvatureSetting struct {
	Layers    [][2]int `json:"layers"` // inputs and outputs of the dense layers
	Examples  int      `json:"examples"`
	K         int      `json:"k"`
	Tolerance float64  `json:"tolerance"`
	Samples   int      `json:"samples"` // of the trace
}

// spectrum is what one tool found. Each tool has its own meaning of the tolerance.
type spectrum struct {
	Eigenvalues  []float64 `json:"eigenvalues"`
	Products     int       `json:"products"` // Hessian-vector products for the eigenvalues
	Seconds      float64   `json:"seconds"`
	Trace        float64   `json:"trace"`
	TraceError   float64   `json:"trace_error"` // standard error
	TraceSeconds float64   `json:"trace_seconds"`
	Loss         float64   `json:"loss"`
}

// runCurvature compares the curvature package with PyHessian and curvlinops: an mlp with its initial weights, one
// batch, float64.
func runCurvature(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("peers curvature", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "glyphs", "data set")
	dir := flags.String("data-dir", "", "folder with its files")
	venv := flags.String("venv", "", "folder of the Python environment (default: in the user's cache folder)")
	format := flags.String("format", "table", "table or json")
	s := curvatureSetting{K: 5, Tolerance: 1e-6, Samples: 100}
	flags.IntVar(&s.Examples, "examples", 512, "images of the batch, the first of the training set")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.Examples < 1 || (*format != "table" && *format != "json") {
		return fmt.Errorf("-examples %d -format %q: want 1 or more, and table or json", s.Examples, *format)
	}
	split, err := datasets.Load(*data, datasets.Options{Dir: *dir})
	if err != nil {
		return err
	}
	if s.Examples > split.Train.Len() {
		return fmt.Errorf("-examples %d: %s has %d training images", s.Examples, *data, split.Train.Len())
	}
	python, err := environment(ctx, *venv, cpu, stderr)
	if err != nil {
		return err
	}
	found, err := compareSpectra(ctx, python, split.Train.First(s.Examples), s, stderr)
	if err != nil {
		return err
	}
	if *format == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	return writeSpectra(stdout, found, *data, s)
}

// ourName stands for this module among the tools.
const ourName = "xsam curvature"

// compareSpectra measures here, hands weights and batch to Python, and measures there.
func compareSpectra(ctx context.Context, python string, set *datasets.Set, s curvatureSetting,
	stderr io.Writer) (map[string]spectrum, error) {
	dir, remove, err := temporary()
	if err != nil {
		return nil, err
	}
	defer remove()
	if err := writeScripts(dir); err != nil {
		return nil, err
	}
	ours, weights, err := ourSpectrum(ctx, set, &s, stderr)
	if err != nil {
		return nil, err
	}
	if err := export(dir, s, weights, set); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, python, "-W", "ignore", filepath.Join(dir, "torch_curvature.py"), dir)
	cmd.Stderr, cmd.Env = stderr, keepmemory.EnvironOfOthers()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("torch_curvature.py: %w: see its messages above", err)
	}
	found := map[string]spectrum{}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("torch_curvature.py: %w", err)
	}
	found[ourName] = ours
	return found, nil
}

// ourSpectrum measures with the curvature package. It returns the weights as Python reads them, and fills in the
// layers of the setting.
func ourSpectrum(ctx context.Context, set *datasets.Set, s *curvatureSetting, stderr io.Writer) (found spectrum,
	weights []float64, err error) {
	engine, err := backend.Open(ctx, backend.Options{Out: stderr})
	if err != nil {
		return found, nil, err
	}
	defer engine.Finalize()
	net, err := models.New(models.Config{
		Name: "mlp", Height: set.Height, Width: set.Width, Channels: set.Channels, Classes: set.Classes,
		DType: dtypes.Float64,
	})
	if err != nil {
		return found, nil, err
	}
	batches, err := curvature.Batches(datasets.NewEvaluation(set, s.Examples, dtypes.Float64))
	if err != nil {
		return found, nil, err
	}
	defer func() { err = errors.Join(err, finalize(batches)) }()
	store := model.NewStore()
	defer store.Finalize()
	p, err := curvature.NewProblem(ctx, engine.Backend, store, objective.New(net.Graph,
		loss.SparseCategoricalCrossEntropyLogits), batches,
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
	if err != nil {
		return found, nil, err
	}
	defer p.Close()
	if weights, err = p.Weights(); err != nil {
		return found, nil, err
	}
	if s.Layers, weights, err = denseLayers(p.Parameters(), weights); err != nil {
		return found, nil, err
	}
	if found.Loss, err = p.Loss(ctx, nil); err != nil {
		return found, nil, err
	}
	err = found.measure(ctx, p, *s)
	return found, weights, err
}

// measure takes the times, those of compiling among them, as the other tools' are those of what they prepare.
func (found *spectrum) measure(ctx context.Context, p *curvature.Problem, s curvatureSetting) error {
	start := time.Now()
	h, err := curvature.NewHessian(p, curvature.Exact)
	if err != nil {
		return err
	}
	o := curvature.DefaultLanczosOptions(s.K)
	o.Which, o.Tolerance = curvature.LargestMagnitude, s.Tolerance
	result, err := curvature.Lanczos(ctx, h, o)
	if err != nil {
		return err
	}
	if !result.Converged {
		return fmt.Errorf("lanczos stopped after %d products: %s", result.Products, result.Reason)
	}
	found.Eigenvalues, found.Products, found.Seconds = result.Values(), result.Products, time.Since(start).Seconds()
	start = time.Now()
	trace, err := curvature.Hutchinson(ctx, h, s.Samples, curvature.Rademacher, 0)
	found.Trace, found.TraceError, found.TraceSeconds = trace.Value, trace.StandardError, time.Since(start).Seconds()
	return err
}

// denseLayers puts the vector w of parameters into the order in which Python reads it: for each dense layer its weights
// [inputs, outputs], then its biases [outputs]. The parameters are those of such layers one after another, in pairs.
func denseLayers(parameters []curvature.Parameter, w []float64) (layers [][2]int, ordered []float64, err error) {
	for pair := range slices.Chunk(parameters, 2) {
		slices.SortStableFunc(pair, func(a, b curvature.Parameter) int { return len(b.Dimensions) - len(a.Dimensions) })
		if len(pair) != 2 || len(pair[0].Dimensions) != 2 || len(pair[1].Dimensions) != 1 ||
			pair[0].Dimensions[1] != pair[1].Dimensions[0] {
			return nil, nil, fmt.Errorf("parameters %v are no dense layer with biases", pair)
		}
		layers = append(layers, [2]int{pair[0].Dimensions[0], pair[0].Dimensions[1]})
		for _, p := range pair {
			ordered = append(ordered, w[p.Offset:p.Offset+p.Size]...)
		}
	}
	return layers, ordered, nil
}

// export writes the files that torch_curvature.py reads.
func export(dir string, s curvatureSetting, weights []float64, set *datasets.Set) error {
	images := make([]float64, len(set.Pixels))
	for i, x := range set.Pixels {
		images[i] = float64(x)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(dir, "setting.json"), text, 0o644)
	for name, numbers := range map[string]any{"weights.bin": weights, "images.bin": images, "labels.bin": set.Labels} {
		var b bytes.Buffer
		err = errors.Join(err, binary.Write(&b, binary.LittleEndian, numbers), os.WriteFile(filepath.Join(dir, name),
			b.Bytes(), 0o644))
	}
	return err
}

func finalize(batches []train.Batch) (err error) {
	for _, b := range batches {
		err = errors.Join(err, b.Finalize())
	}
	return err
}
