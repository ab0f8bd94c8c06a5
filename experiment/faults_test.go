package experiment

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// faultsVariable asks for the long forms of the tests of kills, power failures, full disks and memory:
// docs/reliability.md has what came out. Without it they take seconds.
const faultsVariable = "XSAM_FAULTS"

// long tells whether they are asked for.
func long() bool { return os.Getenv(faultsVariable) != "" }

// faultCase is a run to which something happens.
type faultCase struct {
	name, method string
	change       func(*recipe.Recipe)
	options      Options
}

// faultCases are runs of every method, and of one with every option.
func faultCases() (all []faultCase) {
	for _, method := range parameter.MethodNames() {
		all = append(all, faultCase{name: method, method: method})
	}
	return append(all,
		faultCase{"batch norm", "xsam", func(r *recipe.Recipe) { r.Model, r.TrainSize, r.TestSize = "resnet8", 40, 16 }, Options{}},
		faultCase{name: "dropout", method: "xsam:alpha=0.5"}, // a study, for no data of the command have it
		faultCase{"augmentation", "xsam-lite", func(r *recipe.Recipe) { r.Augment = true }, Options{}},
		faultCase{"accumulation", "xsam", func(r *recipe.Recipe) { r.Accumulate = 4 }, Options{}},
		faultCase{"ascents of micro-batches", "sam:local-ascent=true", func(r *recipe.Recipe) { r.Accumulate = 2 }, Options{}},
		faultCase{"an interval that follows", "xsam:refresh-most=6:refresh-tolerance=0.5", nil, Options{}},
		faultCase{"adamw", "xsam", func(r *recipe.Recipe) { r.Optimizer, r.LearningRate, r.Clip = "adamw", 1e-3, 0.1 }, Options{}},
		faultCase{"measurements along training", "xsam", func(r *recipe.Recipe) { r.LambdaEvery = 1 },
			Options{CurvatureEvery: 1}},
		faultCase{"TensorBoard", "xsam", func(r *recipe.Recipe) { r.EvaluateEvery = 1 }, Options{TensorBoard: true}},
		faultCase{name: "ready to undo updates", method: "sam", options: Options{OnNonfinite: Skip}},
	)
}

// make makes the run, or goes on with it, in dir, or in a folder under it which it returns. It saves at every step and
// keeps every epoch, so that what happens mostly comes while files are written.
func (c faultCase) make(t *testing.T, dir string, change func(*Options)) (string, error) {
	t.Helper()
	o := c.options
	o.Existing, o.CheckpointEvery, o.KeepEvery = Resume, 1, 1
	if change != nil {
		change(&o)
	}
	if c.name == "dropout" {
		s := tinyStudy()
		s.Methods, s.Seeds = []string{c.method}, 1
		_, err := Compare(context.Background(), testbackend.GoEngine(t), s, dir, o)
		return filepath.Join(dir, runlog.Name(c.method, 0)), err
	}
	r := testrun.Tiny(t, "sgd")
	if err := r.SetMethod(c.method, map[string]string{"refresh-every": "3", "warmup-refreshes": "2"}); err != nil {
		t.Fatal(err)
	}
	if c.change != nil {
		c.change(&r)
	}
	_, err := Run(context.Background(), testbackend.GoEngine(t), r, dir, o)
	return dir, err
}

// whole makes the run to which nothing happens.
func (c faultCase) whole(t *testing.T) string {
	t.Helper()
	dir, err := c.make(t, filepath.Join(t.TempDir(), "run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// same reports where a run to which something happened differs from one to which nothing did.
func (c faultCase) same(t *testing.T, what, dir, whole string) {
	t.Helper()
	compareTraces(t, what, traceOf(t, dir), traceOf(t, whole))
	run, err := runlog.ReadRun(dir)
	if err != nil || len(run.Problems) > 0 {
		t.Errorf("%s: %v, %v, want no problem", what, run.Problems, err)
	}
	if !c.options.TensorBoard {
		return
	}
	got, want := tags(t, dir), tags(t, whole)
	for tag, n := range want {
		if got[tag] != n {
			t.Errorf("%s: %d events of %s, want %d", what, got[tag], tag, n)
		}
	}
}
