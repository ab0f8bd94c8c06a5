package measure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// The names of what can be measured, and of the planes through the weights over which a landscape is drawn.
var (
	Names = []string{
		runlog.MeasureSpectrum, runlog.MeasureTrace, runlog.MeasureFrobenius, runlog.MeasureDensity, runlog.MeasureAngle,
		runlog.MeasureSharpness, runlog.MeasureLayers, runlog.MeasureLandscape,
	}
	LandscapeNames = []string{"eigenvectors", "filter", "line", "pca", runsPlane}
)

// The numbers above which a measurement would end on no machine: vectors are held for a third of the probes and for
// every step.
const (
	mostProbes = 10_000
	mostSteps  = 1_000
	mostPoints = 1_000 // along an axis
)

// Options say what Run measures, of which loss, and how far it goes. Start from DefaultOptions; zero means
// zero, save where a field says otherwise.
type Options struct {
	// Measures are names of Names.
	Measures []string

	// Examples is the number of training examples, the first ones, 0 for all; Batch the number of a batch; Norm a name of
	// NormNames, the way to take batch norm.
	Examples int
	Batch    int
	Norm     string

	// Operator is a name of OperatorNames, Method one of ProductNames.
	Operator string
	Method   string

	// Top is the number of eigenvalues, the largest; Tolerance the relative residual at which they have converged,
	// MaxProducts the number of products after which the search ends in any case. Layers go by the last two.
	Top         int
	Tolerance   float64
	MaxProducts int
	// Probes is the number of products for the trace, and for the Frobenius norm.
	Probes int
	// DensitySteps is the number of Lanczos steps for each of the DensityProbes random vectors of a density.
	DensitySteps  int
	DensityProbes int
	// Rho is the radius of SAM's ball, AdaptiveRho that of ASAM's, whose units are those of the weights.
	Rho         float64
	AdaptiveRho float64

	// Landscape is a name of LandscapeNames: the plane of the top two eigenvectors, of two random filter-normalised
	// directions, the line from the state From (a name for FindWeights), the plane of the two principal directions of
	// the path of training, or that of the last weights of the run and of Runs, directories of runs of the same recipe and
	// seed with other methods (see Beside). Grid is the number of points along each axis.
	Landscape string
	From      string
	Runs      []string
	Grid      int
	// Span is how far a landscape reaches: to ±Span for eigenvectors and filter, Span times the distance beyond both
	// ends for a line, Span times the extent of path or runs beyond them for pca and runs. 0 stands for 1, 1, 0.5, 0.25
	// and 0.25.
	Span float64

	// Seed draws the random vectors.
	Seed int64

	// Again measures what is recorded already.
	Again bool
	// Progress is called after every product, in the goroutine of Run. It may be nil.
	Progress func(Progress)
	// Warn is called with what makes a number less trustworthy. It may be nil.
	Warn func(string)
}

// DefaultOptions asks for the top five eigenvalues, the trace and the angle between the gradient and the eigenvectors,
// of the Hessian on the examples on which the recipe measures λmax, in the same batches (in those of training where the
// recipe names none).
func DefaultOptions(r recipe.Recipe) Options {
	m := Options{
		Measures: []string{runlog.MeasureSpectrum, runlog.MeasureTrace, runlog.MeasureAngle},
		Examples: r.LambdaExamples, Batch: r.LambdaBatch, Norm: "batch",
		Operator: "hessian", Method: "exact",
		Top: 5, Tolerance: 1e-3, MaxProducts: 1000,
		Probes: 30, DensitySteps: 60, DensityProbes: 3,
		Rho: 0.05, AdaptiveRho: 0.5,
		Landscape: "eigenvectors", From: "init", Grid: 21,
	}
	if m.Batch == 0 {
		m.Batch = r.Batch
	}
	return m
}

// settings are those of one measure, by the names of the command's flags, as a record holds them.
func (m Options) settings(measure string) map[string]string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	eigen := map[string]string{"top": strconv.Itoa(m.Top), "tolerance": number(m.Tolerance),
		"max-products": strconv.Itoa(m.MaxProducts)}
	switch measure {
	case runlog.MeasureSpectrum, runlog.MeasureAngle:
		return eigen
	case runlog.MeasureTrace, runlog.MeasureFrobenius:
		return map[string]string{"probes": strconv.Itoa(m.Probes)}
	case runlog.MeasureDensity:
		return map[string]string{"density-steps": strconv.Itoa(m.DensitySteps),
			"density-probes": strconv.Itoa(m.DensityProbes)}
	case runlog.MeasureSharpness:
		return map[string]string{"rho": number(m.Rho), "adaptive-rho": number(m.AdaptiveRho)}
	case runlog.MeasureLayers:
		delete(eigen, "top")
		return eigen
	}
	s := map[string]string{"landscape": m.Landscape, "grid": strconv.Itoa(m.Grid), "span": number(m.span())}
	switch m.Landscape {
	case "eigenvectors":
		for key, value := range eigen {
			s[key] = value
		}
	case "line":
		s["from"] = m.From
	case runsPlane:
		s["runs"] = m.runNames()
	}
	return s
}

// multiplies tells whether a measure takes products with the matrix.
func (m Options) multiplies(measure string) bool {
	return measure != runlog.MeasureSharpness && (measure != runlog.MeasureLandscape || m.Landscape == "eigenvectors")
}

func (m Options) span() float64 {
	if m.Span > 0 {
		return m.Span
	}
	return map[string]float64{"eigenvectors": 1, "filter": 1, "line": 0.5, "pca": 0.25, runsPlane: 0.25}[m.Landscape]
}

// Validate reports every field that is out of range, joined into one error.
func (m Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("measure: "+format, args...)) }
	known := func(what, name string, names []string) {
		if !slices.Contains(names, name) {
			bad("%s %q: want one of %s", what, name, strings.Join(names, ", "))
		}
	}
	positive := func(what string, n int) {
		if n < 1 {
			bad("%s = %d: want 1 or more", what, n)
		}
	}
	within := func(what string, n, least, most int) {
		if n < least || n > most {
			bad("%s = %d: want %d to %d", what, n, least, most)
		}
	}
	if len(m.Measures) == 0 {
		bad("nothing to measure: want some of %s", strings.Join(Names, ", "))
	}
	for i, name := range m.Measures {
		known("measure", name, Names)
		if slices.Contains(m.Measures[:i], name) {
			bad("measure %s is named twice", name)
		}
	}
	known("norm", m.Norm, NormNames)
	known("operator", m.Operator, OperatorNames)
	known("method", m.Method, ProductNames)
	known("landscape", m.Landscape, LandscapeNames)
	if m.Method == "difference" && (m.Operator == "gauss-newton" || m.Operator == "fisher") {
		bad("method difference with operator %s: want method exact; differences of gradients give the hessian, and with "+
			"it adam", m.Operator)
	}
	if m.Examples < 0 {
		bad("examples = %d: want 0 (all) or more", m.Examples)
	}
	positive("batch", m.Batch)
	positive("top", m.Top)
	if m.Top < 2 && m.Landscape == "eigenvectors" && slices.Contains(m.Measures, runlog.MeasureLandscape) {
		bad("top = %d with a landscape along the top two eigenvectors: want 2 or more", m.Top)
	}
	if !(m.Tolerance > 0 && m.Tolerance < 1) {
		bad("tolerance = %v: want a relative residual between 0 and 1", m.Tolerance)
	}
	positive("max products", m.MaxProducts)
	// Each takes one product to find, at the least, one to verify, and one to measure its residual.
	if m.MaxProducts > 0 && m.Top > m.MaxProducts/3 {
		bad("top = %d in %d products: want at most a third of the products, or more products", m.Top, m.MaxProducts)
	}
	within("probes", m.Probes, 3, mostProbes)
	within("density steps", m.DensitySteps, 1, mostSteps)
	within("density probes", m.DensityProbes, 1, mostProbes)
	for _, rho := range []float64{m.Rho, m.AdaptiveRho} {
		if !(rho >= 0 && rho <= math.MaxFloat32) {
			bad("rho = %v: want a finite radius, 0 or more", rho)
		}
	}
	within("grid", m.Grid, 2, mostPoints)
	if !(m.Span >= 0 && m.Span <= math.MaxFloat32) {
		bad("span = %v: want a finite number, 0 (the usual) or more", m.Span)
	}
	return errors.Join(append(errs, m.checkRuns())...)
}
