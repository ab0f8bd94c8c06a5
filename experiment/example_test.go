package experiment_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/runlog"
)

// Two methods for two seeds on a few drawn images. 64 images in batches of 16 are four steps an epoch; SAM takes two
// gradients a step.
func ExampleRunAll() {
	ctx := context.Background()
	engine, err := backend.Open(ctx, backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(out)

	recipe := experiment.Defaults("glyphs")
	recipe.Model, recipe.TrainSize, recipe.TestSize, recipe.Batch, recipe.Epochs = "mlp", 64, 32, 16, 1
	recipes, err := experiment.Plan(recipe, []string{"sgd", "sam:rho=0.1"}, nil, 0, 2)
	if err != nil {
		log.Fatal(err)
	}
	runs, err := experiment.RunAll(ctx, engine, recipes, out, experiment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range runs {
		fmt.Printf("%s, seed %d: %d steps of %v gradients\n", r.Method, r.Seed, r.Steps, r.GradientEvaluationsPerStep)
	}
	// Output:
	// sgd, seed 0: 4 steps of 1 gradients
	// sam:rho=0.1, seed 0: 4 steps of 2 gradients
	// sgd, seed 1: 4 steps of 1 gradients
	// sam:rho=0.1, seed 1: 4 steps of 2 gradients
}

// A run with a snapshot every epoch, and the curvature at each of them. What is measured is kept in the run directory.
func ExampleMeasure() {
	ctx := context.Background()
	engine, err := backend.Open(ctx, backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	recipe := experiment.Defaults("glyphs")
	recipe.Model, recipe.TrainSize, recipe.TestSize, recipe.Batch, recipe.Epochs = "mlp", 64, 32, 16, 2
	if err := recipe.SetMethod("sgd", nil); err != nil {
		log.Fatal(err)
	}
	if _, err := experiment.Run(ctx, engine, recipe, dir, experiment.Options{KeepEvery: 1}); err != nil {
		log.Fatal(err)
	}
	states, err := experiment.FindWeights(dir, "all")
	if err != nil {
		log.Fatal(err)
	}
	options := experiment.DefaultMeasureOptions(recipe)
	options.Measures, options.Top = []string{runlog.MeasureSpectrum}, 1
	measurements, err := experiment.Measure(ctx, engine, recipe, dir, states, options)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range measurements {
		fmt.Printf("epoch %v: λmax on %d images, converged: %v\n", m.Epoch, m.Examples, m.Converged)
	}
	// Output:
	// epoch 1: λmax on 64 images, converged: true
	// epoch 2: λmax on 64 images, converged: true
}
