package measure

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/internal/testrun"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

func TestMeasureRefuses(t *testing.T) {
	r := testrun.Tiny(t, "sgd")
	dir, _ := testrun.Make(t, experiment.Run, testbackend.GoEngine(t), r, experiment.Options{})
	tests := []struct {
		want   string
		change func(*recipe.Recipe, *Options)
	}{
		{`measure "hessian"`, func(_ *recipe.Recipe, m *Options) { m.Measures = []string{"hessian"} }},
		{"named twice", func(_ *recipe.Recipe, m *Options) { m.Measures = []string{"trace", "trace"} }},
		{"nothing to measure", func(_ *recipe.Recipe, m *Options) { m.Measures = nil }},
		{"tolerance = NaN", func(_ *recipe.Recipe, m *Options) { m.Tolerance = math.NaN() }},
		{"method difference with operator fisher", func(_ *recipe.Recipe, m *Options) {
			m.Operator, m.Method = "fisher",
				"difference"
		}},
		{"top = 1", func(_ *recipe.Recipe, m *Options) { m.Top, m.Measures = 1, []string{"landscape"} }},
		{"3 or more: train with --keep-every", func(_ *recipe.Recipe, m *Options) {
			m.Landscape, m.Measures = "pca",
				[]string{"landscape"}
		}},
		{"Adam", func(_ *recipe.Recipe, m *Options) { m.Operator = "adam" }},
		{"no snapshot of epoch 1", func(_ *recipe.Recipe, m *Options) {
			m.Landscape, m.From, m.Measures = "line", "epoch:1", []string{"landscape"}
		}},
		{"want one of float32", func(r *recipe.Recipe, _ *Options) { r.DType = "float16" }},
		{"as the recipe's model has it", func(r *recipe.Recipe, _ *Options) { r.Model = "cnn" }},
	}
	for _, tt := range tests {
		recipe, m := r, DefaultOptions(r)
		tt.change(&recipe, &m)
		states, err := FindWeights(dir, "last")
		if err == nil {
			_, err = Run(context.Background(), testbackend.GoEngine(t), recipe, dir, states, m)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Run = %v, want an error with %q", err, tt.want)
		}
	}
	if err := os.RemoveAll(runlog.Checkpoints(dir)); err != nil {
		t.Fatal(err)
	}
	states, err := FindWeights(dir, "last")
	if err == nil {
		_, err = Run(context.Background(), testbackend.GoEngine(t), r, dir, states, DefaultOptions(r))
	}
	if err == nil || !strings.Contains(err.Error(), "no whole checkpoint") {
		t.Errorf("without a checkpoint Run = %v, want an error that says so", err)
	}
}

func TestFindWeights(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"epoch-0010", "epoch-0002", "epoch-0003.tmp", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, runlog.SnapshotDir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for which, want := range map[string]string{"init": "init", "last": "last", "all": "epoch:2 epoch:10 last",
		"epoch:10": "epoch:10"} {
		states, err := FindWeights(dir, which)
		var names []string
		for _, s := range states {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("FindWeights(%q) = %q, %v, want %q", which, got, err, want)
		}
	}
	for which, want := range map[string]string{"epoch:3": "epoch:2, epoch:10", "epoch:x": "want last",
		"newest": "want last"} {
		if _, err := FindWeights(dir, which); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("FindWeights(%q) = %v, want an error with %q", which, err, want)
		}
	}
	if _, err := FindWeights(t.TempDir(), "epoch:3"); err == nil || !strings.Contains(err.Error(), "--keep-every") {
		t.Errorf("without snapshots: %v, want an error that names --keep-every", err)
	}
}
