package experiment

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// measured measures a run with the go engine and fails the test on an error.
func measured(t *testing.T, r Recipe, dir, which string, m MeasureOptions) []runlog.Measurement {
	t.Helper()
	states, err := FindWeights(dir, which)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Measure(context.Background(), goEngine(t), r, dir, states, m)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }

// What is measured of a saved run is what the run measured at its end, and Measure changes nothing in its directory but the
// file of measurements.
func TestMeasureAgreesWithTheRun(t *testing.T) {
	r := tiny(t, "xsam")
	dir, summary := mustRun(t, goEngine(t), r, Options{KeepEvery: 1})
	before := traceOf(t, dir)
	got := measured(t, r, dir, "last", DefaultMeasureOptions(r))
	if len(got) != 3 {
		t.Fatalf("%d measurements, want spectrum, trace and angle", len(got))
	}
	compareTraces(t, "after measuring", traceOf(t, dir), before)

	spectrum, angle := got[0].Spectrum, got[2].Angles
	// The run stops at a residual of 1e-2 in norm, the measurement at 1e-3: eigenvalues are off by about its square.
	if lambda := spectrum.Values[0].Float(); !near(lambda, summary.LambdaMax.Float(), 1e-3) {
		t.Errorf("λmax = %v, want that of the summary, %v", lambda, summary.LambdaMax)
	}
	if a := angle.AngleDeg[0].Float(); math.Abs(a-summary.AngleDeg.Float()) > 1 {
		t.Errorf("angle %v°, want that of the summary, %v°", a, summary.AngleDeg)
	}
	if !slices.IsSortedFunc(spectrum.Values, func(a, b runlog.Number) int { return int(math.Copysign(1, b.Float()-a.Float())) }) || len(spectrum.Values) != 5 {
		t.Errorf("eigenvalues %v, want 5, descending", spectrum.Values)
	}
	for _, m := range got {
		if m.Step != 12 || m.Epoch.Float() != 3 || m.Examples != 32 || m.Batch != 32 || !m.Converged || m.Momentum.Float() != 0.9 ||
			!(m.LearningRate.Float() > 0 && m.LearningRate.Float() < 0.01*r.LearningRate+0.001) || !(m.Loss.Float() > 0) {
			t.Errorf("measurement %+v, want the end of the run, on 32 examples, converged", m)
		}
	}
	if got[2].Products != 0 || got[0].Products < 5 || got[1].Products != 30 {
		t.Errorf("products %d, %d, %d, want some, 30, and none for the angle to known eigenvectors", got[0].Products, got[1].Products, got[2].Products)
	}
	for i, eigenvalue := range spectrum.Values {
		if !(spectrum.Residuals[i].Float() <= 1e-3) {
			t.Errorf("λ%d = %v has a residual of %v, want at most 1e-3", i+1, eigenvalue, spectrum.Residuals[i])
		}
	}
}

// The trace is checked against an estimate by other random vectors, λmax of a layer against its block formed column by column.
func TestMeasureAgainstOtherWays(t *testing.T) {
	r := tiny(t, "sgd")
	r.LambdaExamples, r.LambdaBatch = 8, 5 // a ragged last batch
	dir, _ := mustRun(t, goEngine(t), r, Options{})
	m := DefaultMeasureOptions(r)
	m.Measures = []string{"trace", "frobenius", "layers"}
	got := measured(t, r, dir, "last", m)

	w := &measurer{program: nil, m: m}
	data, err := (&runner{}).load(r)
	if err != nil {
		t.Fatal(err)
	}
	if w.program, err = newProgram(goEngine(t), r, data); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	if w.step, err = w.load(Weights{Name: "last", folder: runlog.Checkpoints(dir)}); err != nil || w.step != 12 {
		t.Fatalf("step %d, %v, want 12", w.step, err)
	}
	ctx := context.Background()
	if err := w.prepare(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := w.product()
	if err != nil {
		t.Fatal(err)
	}
	other, err := curvature.Hutchinson(ctx, h, 100, curvature.Gaussian, 99)
	if err != nil {
		t.Fatal(err)
	}
	trace := got[0].Trace
	if d, e := trace.Value.Float()-other.Value, math.Hypot(trace.StandardError.Float(), other.StandardError); !(math.Abs(d) <= 4*e) {
		t.Errorf("trace %v, by other vectors %v: they differ by %v, want at most 4 standard errors of %v", trace.Value, other.Value, d, e)
	}
	names, parts := byLayer(w.ruler.problem.Parameters())
	if want := []string{"hidden1", "hidden2", "logits"}; !slices.Equal(names, want) || len(got[2].Layers) != 3 {
		t.Fatalf("layers %v and %+v, want %v", names, got[2].Layers, want)
	}
	dense, _, err := curvature.Form(ctx, block(h, parts["logits"]))
	if err != nil {
		t.Fatal(err)
	}
	power := curvature.DefaultPowerOptions()
	power.Tolerance, power.MaxProducts = 1e-6, 10000
	top, err := curvature.PowerIteration(ctx, curvature.Dense(dense), power)
	if err != nil || !top.Converged {
		t.Fatalf("power iteration on the dense block: %v, %v", top.Reason, err)
	}
	exact := 0.0
	for i := range 1290 {
		exact += dense.At(i, i)
	}
	blockTrace, err := curvature.HutchPP(ctx, block(h, parts["logits"]), m.Probes, m.Seed)
	if err != nil || !(math.Abs(blockTrace.Value-exact) <= 4*blockTrace.StandardError) {
		t.Errorf("trace of the block %+v (%v), want the %v of its diagonal within 4 standard errors", blockTrace, err, exact)
	}
	layer := got[2].Layers[2]
	if want := top.Value(); layer.Parameters != 1290 || !near(layer.LambdaMax.Float(), want, 1e-4) {
		t.Errorf("block of %s: %+v, want 1290 parameters and λmax %v of the dense block", layer.Layer, layer, want)
	}
}

// Every measure of a matrix that is known on paper, diag(4, 3, 2, 1, 0, −1) with the gradient (1, 1, 0, …).
func TestMeasuresOfAKnownMatrix(t *testing.T) {
	diagonal := []float64{4, 3, 2, 1, 0, -1}
	m := DefaultMeasureOptions(Defaults("glyphs"))
	m.DensitySteps, m.DensityProbes, m.Probes = 6, 200, 300
	w := &measurer{m: m, matrix: curvature.Dense(mat.NewDiagDense(6, diagonal)), gradient: []float64{1, 1, 0, 0, 0, 0}, work: work{all: 1}}
	ctx := context.Background()
	var spectrum, trace, frobenius, density, angle runlog.Measurement
	err := errors.Join(w.spectrum(ctx, &spectrum), w.trace(ctx, &trace), w.frobenius(ctx, &frobenius), w.density(ctx, &density, nil), w.angle(ctx, &angle))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range diagonal[:5] {
		if got := spectrum.Spectrum.Values[i].Float(); math.Abs(got-want) > 1e-9 {
			t.Errorf("eigenvalue %d = %v, want %v", i+1, got, want)
		}
	}
	if got := trace.Trace.Value.Float(); math.Abs(got-9) > 1e-9 { // six products span the whole space
		t.Errorf("trace %v, want 9", got)
	}
	if got := frobenius.Frobenius.Value.Float(); math.Abs(got-math.Sqrt(31)) > 1e-9 { // ‖Hz‖² of a diagonal H is the same for all signs z
		t.Errorf("Frobenius norm %v, want √31", got)
	}
	for i, want := range []float64{45, 45, 90, 90, 90} {
		if got := angle.Angles.AngleDeg[i].Float(); math.Abs(got-want) > 1e-6 {
			t.Errorf("angle %d = %v°, want %v°", i+1, got, want)
		}
	}
	d := density.Density
	mass := 0.0
	for i, x := range d.Points[1:] {
		mass += (x - d.Points[i]) * (d.Values[i] + d.Values[i+1]) / 2
	}
	// The Gaussians are cut off at 4 standard deviations, and the grid has about one point a quarter of a deviation.
	if math.Abs(mass-1) > 1e-3 || len(d.Nodes) != 200 {
		t.Errorf("a density of mass %v from %d probes, want 1 from 200", mass, len(d.Nodes))
	}
	for i, nodes := range d.Nodes {
		for k, want := range []float64{-1, 0, 1, 2, 3, 4} {
			if math.Abs(nodes[k]-want) > 1e-6 {
				t.Fatalf("probe %d has nodes %v, want the eigenvalues", i, nodes)
			}
		}
	}
}

func TestBlock(t *testing.T) {
	h := curvature.Dense(mat.NewSymDense(3, []float64{1, 2, 3, 2, 4, 5, 3, 5, 6}))
	b, _, err := curvature.Form(context.Background(), block(h, []curvature.Parameter{{Offset: 0, Size: 1}, {Offset: 2, Size: 1}}))
	if want := mat.NewSymDense(2, []float64{1, 3, 3, 6}); err != nil || !mat.Equal(b, want) {
		t.Errorf("the block of rows 0 and 2 is %v (%v), want %v", b, err, want)
	}
}

// A second call takes what is recorded, whatever it was interrupted in, and gives the same numbers.
func TestMeasureIsInterruptedAndGoesOn(t *testing.T) {
	r := tiny(t, "sgd")
	dir, _ := mustRun(t, goEngine(t), r, Options{KeepEvery: 1})
	m := DefaultMeasureOptions(r)
	m.Measures = []string{"trace", "density", "landscape"}
	m.DensityProbes, m.DensitySteps, m.Landscape, m.Grid, m.Probes = 3, 6, "filter", 4, 6
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.CopyFS(whole, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	want := measured(t, r, whole, "epoch:2", m)

	states, err := FindWeights(dir, "epoch:2")
	if err != nil {
		t.Fatal(err)
	}
	events, calls := 0, 0
	for _, stop := range []struct {
		measure  string
		products int
		recorded int
	}{{"trace", 3, 0}, {"density", 8, 2}, {"landscape", -2, 4}} { // −2: after two rows
		ctx, cancel := context.WithCancel(context.Background())
		rows := 0
		m.Progress = func(p MeasureProgress) {
			events++
			if p.Measure == "landscape" && p.Share > 0 {
				rows++
			}
			if p.Measure == stop.measure && (stop.products > 0 && p.Products == stop.products || stop.products < 0 && rows == 3) {
				cancel()
			}
		}
		_, err := Measure(ctx, goEngine(t), r, dir, states, m)
		cancel()
		if calls++; !errors.Is(err, context.Canceled) {
			t.Fatalf("call %d: %v, want context.Canceled", calls, err)
		}
		recorded, _, err := runlog.ReadMeasurements(dir)
		if err != nil || len(recorded) != stop.recorded {
			t.Fatalf("call %d leaves %d records (%v): %+v, want %d", calls, len(recorded), err, recorded, stop.recorded)
		}
	}
	recorded, _, err := runlog.ReadMeasurements(dir)
	if err != nil {
		t.Fatal(err)
	}
	if part := recorded[1]; part.Reason != runlog.ReasonInterrupted || part.Converged || len(part.Density.Nodes) != 1 || part.Products != 8 {
		t.Errorf("the interrupted density is %+v, want one probe of 8 products, not converged", part)
	}
	if part := recorded[3]; part.Reason != runlog.ReasonInterrupted || len(part.Landscape.Loss) != 2 {
		t.Errorf("the interrupted landscape is %+v, want two rows", part)
	}
	m.Progress = nil
	got := measured(t, r, dir, "epoch:2", m)
	if got[1].Products != 8+12 {
		t.Errorf("the density took %d products, want the 8 before the interruption and 12 after", got[1].Products)
	}
	for i := range got {
		got[i].Seconds, want[i].Seconds = runlog.Number{}, runlog.Number{}
		got[i].Products, want[i].Products = 0, 0
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("interrupted and resumed: %+v\nwant %+v", got[i], want[i])
		}
	}

	events = 0
	m.Progress = func(MeasureProgress) { events++ }
	measured(t, r, dir, "epoch:2", m)
	if events != 0 {
		t.Errorf("%d events of progress when all is recorded, want none", events)
	}
	m.Again = true
	if measured(t, r, dir, "epoch:2", m); events == 0 {
		t.Error("Again measures nothing")
	}
}

func TestFindWeights(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"epoch-0010", "epoch-0002", "epoch-0003.tmp", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, runlog.SnapshotDir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for which, want := range map[string]string{"init": "init", "last": "last", "all": "epoch:2 epoch:10 last", "epoch:10": "epoch:10"} {
		states, err := FindWeights(dir, which)
		var names []string
		for _, s := range states {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("FindWeights(%q) = %q, %v, want %q", which, got, err, want)
		}
	}
	for which, want := range map[string]string{"epoch:3": "epoch:2, epoch:10", "epoch:x": "want last", "newest": "want last"} {
		if _, err := FindWeights(dir, which); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("FindWeights(%q) = %v, want an error with %q", which, err, want)
		}
	}
	if _, err := FindWeights(t.TempDir(), "epoch:3"); err == nil || !strings.Contains(err.Error(), "--keep-every") {
		t.Errorf("without snapshots: %v, want an error that names --keep-every", err)
	}
}

func TestMeasureRefuses(t *testing.T) {
	r := tiny(t, "sgd")
	dir, _ := mustRun(t, goEngine(t), r, Options{})
	tests := []struct {
		want   string
		change func(*Recipe, *MeasureOptions)
	}{
		{`measure "hessian"`, func(_ *Recipe, m *MeasureOptions) { m.Measures = []string{"hessian"} }},
		{"named twice", func(_ *Recipe, m *MeasureOptions) { m.Measures = []string{"trace", "trace"} }},
		{"nothing to measure", func(_ *Recipe, m *MeasureOptions) { m.Measures = nil }},
		{"tolerance = NaN", func(_ *Recipe, m *MeasureOptions) { m.Tolerance = math.NaN() }},
		{"method difference with operator fisher", func(_ *Recipe, m *MeasureOptions) { m.Operator, m.Method = "fisher", "difference" }},
		{"top = 1", func(_ *Recipe, m *MeasureOptions) { m.Top, m.Measures = 1, []string{"landscape"} }},
		{"3 or more: train with --keep-every", func(_ *Recipe, m *MeasureOptions) { m.Landscape, m.Measures = "pca", []string{"landscape"} }},
		{"Adam", func(_ *Recipe, m *MeasureOptions) { m.Operator = "adam" }},
		{"no snapshot of epoch 1", func(_ *Recipe, m *MeasureOptions) {
			m.Landscape, m.From, m.Measures = "line", "epoch:1", []string{"landscape"}
		}},
		{"want one of float32", func(r *Recipe, _ *MeasureOptions) { r.DType = "float16" }},
		{"as the recipe's model has it", func(r *Recipe, _ *MeasureOptions) { r.Model = "cnn" }},
	}
	for _, tt := range tests {
		recipe, m := r, DefaultMeasureOptions(r)
		tt.change(&recipe, &m)
		states, err := FindWeights(dir, "last")
		if err == nil {
			_, err = Measure(context.Background(), goEngine(t), recipe, dir, states, m)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Measure = %v, want an error with %q", err, tt.want)
		}
	}
	if err := os.RemoveAll(runlog.Checkpoints(dir)); err != nil {
		t.Fatal(err)
	}
	states, err := FindWeights(dir, "last")
	if err == nil {
		_, err = Measure(context.Background(), goEngine(t), r, dir, states, DefaultMeasureOptions(r))
	}
	if err == nil || !strings.Contains(err.Error(), "no whole checkpoint") {
		t.Errorf("without a checkpoint Measure = %v, want an error that says so", err)
	}
}
