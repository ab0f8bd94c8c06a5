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

// A run that some other process makes is done when its record says so.
func ExampleEnded() {
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

	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs, r.LambdaProducts = "mlp", 64, 32, 16, 1, 0
	if err := r.SetMethod("sgd", nil); err != nil {
		log.Fatal(err)
	}
	recipes := []recipe.Recipe{r}
	dirs := recipe.Dirs(out, recipes)
	look := func(r recipe.Recipe) {
		summary, err := experiment.Ended(r, dirs[0], experiment.Options{})
		fmt.Println(summary != nil, err != nil)
	}
	look(r)
	if _, err := experiment.Here(ctx, engine, experiment.Options{})(recipes, dirs); err != nil {
		log.Fatal(err)
	}
	look(r)
	r.LearningRate /= 2 // of which there is no run
	look(r)
	// Output:
	// false false
	// true false
	// false true
}
