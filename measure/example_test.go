package measure_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/measure"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// A run with a snapshot every epoch, and the curvature at each of them. What is measured is kept in the run directory.
func ExampleRun() {
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

	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs = "mlp", 64, 32, 16, 2
	if err := r.SetMethod("sgd", nil); err != nil {
		log.Fatal(err)
	}
	if _, err := experiment.Run(ctx, engine, r, dir, experiment.Options{KeepEvery: 1}); err != nil {
		log.Fatal(err)
	}
	states, err := measure.FindWeights(dir, "all")
	if err != nil {
		log.Fatal(err)
	}
	options := measure.DefaultOptions(r)
	options.Measures, options.Top = []string{runlog.MeasureSpectrum}, 1
	measurements, err := measure.Run(ctx, engine, r, dir, states, options)
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
