// Package testrun has what the tests of runs share: a tiny recipe, and a run that must succeed.
package testrun

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Tiny is a recipe of three epochs of four steps.
func Tiny(t *testing.T, method string) recipe.Recipe {
	t.Helper()
	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs, r.EvaluateEvery = "mlp", 70, 30, 16, 3, 2
	r.LambdaExamples, r.LambdaBatch = 32, 32
	if err := r.SetMethod(method, map[string]string{"refresh-every": "3", "warmup-refreshes": "2"}); err != nil {
		t.Fatal(err)
	}
	return r
}

// Make makes a run in a folder of its own, by experiment.Run, and returns the folder. That is an argument because its
// own tests call Make too.
func Make[Options any](t *testing.T,
	run func(context.Context, *backend.Engine, recipe.Recipe, string, Options) (runlog.Summary, error),
	engine *backend.Engine, r recipe.Recipe, o Options) (string, runlog.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), runlog.Name(r.Method, r.Seed))
	s, err := run(context.Background(), engine, r, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

// Near tells whether two numbers differ by no more than a share of the second.
func Near(got, want, relative float64) bool { return math.Abs(got-want) <= relative*math.Abs(want) }
