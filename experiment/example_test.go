package experiment_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
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

	base := recipe.Defaults("glyphs")
	base.Model, base.TrainSize, base.TestSize, base.Batch, base.Epochs = "mlp", 64, 32, 16, 1
	recipes, err := recipe.Plan(base, []string{"sgd", "sam:rho=0.1"}, nil, 0, 2)
	if err != nil {
		log.Fatal(err)
	}
	runs, err := experiment.RunAll(ctx, engine, recipes, recipe.Dirs(out, recipes), experiment.Options{})
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
