package experiment

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/recipe"
)

// largeModels have above a million weights: docs/studies/defaults.md has a recorded run of each.
var largeModels = []string{"resnet18", "resnet34", "wrn16-4", "wrn28-10", "alexnet", "vgg11-bn"}

// Every built-in model that fits the images learns with its defaults on every data set at hand, with SGD and with AdamW,
// on a few hundred images and on 90: after the first steps the training loss is clearly below that of chance, ln 10.
func TestDefaultsLearn(t *testing.T) {
	engine := &backend.Engine{Backend: testbackend.XLA(t), Name: "xla:cpu"}
	dir := os.Getenv("XSAM_DATA")
	for _, data := range []string{"glyphs", "digits", "fashion-mnist", "cifar10"} {
		for _, name := range models.Names() {
			if slices.Contains(largeModels, name) {
				continue
			}
			for _, tt := range []struct {
				base   string
				images int
			}{{"sgd", 240}, {"adamw", 240}, {"sgd", 90}} {
				if (data == "digits" || data == "fashion-mnist") && (tt.base != "sgd" || tt.images != 240) {
					continue // compiling takes its time: these on glyphs and on cifar10 alone
				}
				t.Run(fmt.Sprintf("%s with %s on %d of %s", name, tt.base, tt.images, data), func(t *testing.T) {
					if data != "glyphs" && dir == "" {
						t.Skip("XSAM_DATA is not set")
					}
					if data == "digits" && strings.HasPrefix(name, "alexnet") || data == "digits" && strings.HasPrefix(name, "vgg") {
						t.Skip("it wants images of 16×16")
					}
					if name != "mlp" && name != "cnn" || data != "glyphs" {
						testbackend.SkipSlow(t)
					}
					r := recipe.Defaults(data)
					r.DataDir, r.Model, r.Optimizer, r.TrainSize, r.TestSize = dir, name, tt.base, tt.images, 20
					r.Suit(r.TrainSize)
					r.Epochs = (60 + r.TrainSize/r.Batch - 1) / (r.TrainSize / r.Batch)
					r.LambdaProducts, r.EvaluateEvery = 0, 0
					if err := r.SetMethod("sgd", nil); err != nil {
						t.Fatal(err)
					}
					s, err := Run(context.Background(), engine, r, filepath.Join(t.TempDir(), "run"), Options{})
					if err != nil {
						t.Fatal(err)
					}
					if !(s.TrainLoss.Float() < 0.8*math.Log(10)) {
						t.Errorf("batch %d, lr %g: training loss %.3g after %d steps, want below 0.8 ln 10", r.Batch,
							r.LearningRate, s.TrainLoss.Float(), s.Steps)
					}
					t.Logf("batch %d, lr %g, %d steps: loss %.3g", r.Batch, r.LearningRate, s.Steps, s.TrainLoss.Float())
				})
			}
		}
	}
}
