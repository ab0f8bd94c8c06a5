package measure

import (
	"context"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// measured measures a run with the go engine and fails the test on an error.
func measured(t *testing.T, r recipe.Recipe, dir, which string, m Options) []runlog.Measurement {
	t.Helper()
	states, err := FindWeights(dir, which)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, states, m)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// filesOf reads all files of a run directory but the measurements.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == runlog.MeasurementsFile {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What is measured of a saved run is what the run measured at its end, and Measure changes nothing in its directory
// but the file of measurements.
func TestMeasureAgreesWithTheRun(t *testing.T) {
	r := testrun.Tiny(t, "xsam")
	dir, summary := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{KeepEvery: 1})
	before := filesOf(t, dir)
	got := measured(t, r, dir, "last", DefaultOptions(r))
	if len(got) != 3 {
		t.Fatalf("%d measurements, want spectrum, trace and angle", len(got))
	}
	if after := filesOf(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("after measuring the files are others than %v", slices.Sorted(maps.Keys(before)))
	}

	spectrum, angle := got[0].Spectrum, got[2].Angles
	// The run stops at a residual of 1e-2 in norm, the measurement at 1e-3: eigenvalues are off by about its square.
	if lambda := spectrum.Values[0].Float(); !testrun.Near(lambda, summary.LambdaMax.Float(), 1e-3) {
		t.Errorf("λmax = %v, want that of the summary, %v", lambda, summary.LambdaMax)
	}
	if a := angle.AngleDeg[0].Float(); math.Abs(a-summary.AngleDeg.Float()) > 1 {
		t.Errorf("angle %v°, want that of the summary, %v°", a, summary.AngleDeg)
	}
	if !slices.IsSortedFunc(spectrum.Values, func(a, b runlog.Number) int {
		return int(math.Copysign(1,
			b.Float()-a.Float()))
	}) || len(spectrum.Values) != 5 {
		t.Errorf("eigenvalues %v, want 5, descending", spectrum.Values)
	}
	for _, m := range got {
		if m.Step != 12 || m.Epoch.Float() != 3 || m.Examples != 32 || m.Batch != 32 || !m.Converged ||
			m.Momentum.Float() != 0.9 ||
			!(m.LearningRate.Float() > 0 && m.LearningRate.Float() < 0.01*r.LearningRate+0.001) || !(m.Loss.Float() > 0) {
			t.Errorf("measurement %+v, want the end of the run, on 32 examples, converged", m)
		}
	}
	if got[2].Products != 0 || got[0].Products < 5 || got[1].Products != 30 {
		t.Errorf("products %d, %d, %d, want some, 30, and none for the angle to known eigenvectors", got[0].Products,
			got[1].Products, got[2].Products)
	}
	for i, eigenvalue := range spectrum.Values {
		if !(spectrum.Residuals[i].Float() <= 1e-3) {
			t.Errorf("λ%d = %v has a residual of %v, want at most 1e-3", i+1, eigenvalue, spectrum.Residuals[i])
		}
	}
}

// The trace is checked against an estimate by other random vectors, λmax of a layer against its block formed column
// by column.
func TestMeasureAgainstOtherWays(t *testing.T) {
	testbackend.SkipSlow(t)
	r := testrun.Tiny(t, "sgd")
	r.LambdaExamples, r.LambdaBatch = 8, 5 // a ragged last batch
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	m := DefaultOptions(r)
	m.Measures = []string{"trace", "frobenius", "layers"}
	got := measured(t, r, dir, "last", m)

	w := &measurer{recipe: r, m: m}
	data, err := datasets.Load(r.Data, r.DataOptions())
	if err != nil {
		t.Fatal(err)
	}
	if w.Program, err = program.New(testbackend.GoEngine(t), r, data, 1); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	run, err := runlog.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if w.run, err = recipe.IdentityOf(run.Raw); err != nil {
		t.Fatal(err)
	}
	if w.step, err = w.load(Weights{folder: runlog.Checkpoints(dir)}); err != nil || w.step != 12 {
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
	if d, e := trace.Value.Float()-other.Value, math.Hypot(trace.StandardError.Float(),
		other.StandardError); !(math.Abs(d) <= 4*e) {
		t.Errorf("trace %v, by other vectors %v: they differ by %v, want at most 4 standard errors of %v", trace.Value,
			other.Value, d, e)
	}
	names, parts := byLayer(w.examples.Problem.Parameters())
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
	if want := top.Value(); layer.Parameters != 1290 || !testrun.Near(layer.LambdaMax.Float(), want, 1e-4) {
		t.Errorf("block of %s: %+v, want 1290 parameters and λmax %v of the dense block", layer.Layer, layer, want)
	}
}
