package advice_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/xsam-go/xsam/advice"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/recipe"
)

// The edge of stability of momentum 0.9 at the learning rate 0.02 is 2(1 + 0.9)/0.02 = 190. 64 images in batches of 16
// are 4 steps an epoch.
func ExampleRun() {
	ctx := context.Background()
	engine, err := backend.Open(ctx, backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "advice")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	r := recipe.Defaults("glyphs")
	r.Model, r.TrainSize, r.TestSize, r.Batch, r.Epochs = "mlp", 64, 32, 16, 2
	a, err := advice.Run(ctx, engine, r, filepath.Join(dir, advice.Folder), experiment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	edge, err := r.Edge()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d short runs for %d steps; λmax against %.0f\n", a.Runs, a.Facts.Steps, edge)
	for _, s := range a.Sentences {
		fmt.Print(s.About, " ")
	}
	// Output:
	// 8 short runs for 8 steps; λmax against 190
	// edge lr noise rho alpha cost
}
