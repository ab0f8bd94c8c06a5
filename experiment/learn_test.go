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

// learnVariable asks for every model on every data set, which takes many minutes: docs/studies/defaults.md has what
// came out. Without it each model learns on one.
const learnVariable = "XSAM_LEARN"

// Models above a million weights learn on the set with the smallest images that they take.
var large = map[string]string{"resnet18": "digits", "resnet34": "digits", "wrn16-4": "digits", "wrn28-10": "digits",
	"alexnet": "glyphs", "vgg11-bn": "glyphs"}

// learnt is one case: a model with a base optimizer on so many images of a set.
type learnt struct {
	model, base, data string
	images            int
}

func (l learnt) String() string { return fmt.Sprintf("%s %s %d %s", l.model, l.base, l.images, l.data) }

// cases are those that are asked for: every model with SGD on every set whose images it takes; on the first and the
// last also with AdamW, and with its usual base on 90 images.
func cases(all bool) (list []learnt) {
	for _, data := range []string{"glyphs", "digits", "fashion-mnist", "cifar10"} {
		for _, name := range models.Names() {
			on, isLarge := large[name]
			tooSmall := data == "digits" && (strings.HasPrefix(name, "alexnet") || strings.HasPrefix(name, "vgg"))
			switch {
			case tooSmall || isLarge && (on != data || !all) || !isLarge && data != "glyphs" && !all:
				continue
			}
			list = append(list, learnt{name, "sgd", data, 240})
			small := name == "mlp" || name == "cnn"
			if !isLarge && (data == "glyphs" && (all || small) || data == "cifar10") {
				list = append(list, learnt{name, "adamw", data, 240},
					learnt{name, recipe.UsualBase(name), data, 90})
			}
		}
	}
	return list
}

// Every built-in model, three of them outside of continuous integration, learns with its defaults: after some sixty
// steps its training loss is clearly below that of chance, ln 10.
func TestDefaultsLearn(t *testing.T) {
	testbackend.SkipSlow(t)
	engine := &backend.Engine{Backend: testbackend.XLA(t), Name: "xla:cpu"}
	dir := os.Getenv("XSAM_DATA")
	all := os.Getenv(learnVariable) != ""
	for _, c := range cases(all) {
		t.Run(c.String(), func(t *testing.T) {
			if c.data != "glyphs" && dir == "" {
				t.Skip("XSAM_DATA is not set")
			}
			if c.model != "mlp" {
				testbackend.SkipSlow(t)
			}
			if !slices.Contains([]string{"mlp", "cnn", "vit"}, c.model) && !all && !testbackend.Thorough() {
				t.Skip("compiling takes its time; with CI set, or XSAM_THOROUGH=1, every model is trained")
			}
			r := recipe.Defaults(c.data)
			r.DataDir, r.Model, r.Optimizer, r.TrainSize, r.TestSize = dir, c.model, c.base, c.images, 20
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
			if !(s.TrainLoss.Float() < 0.8*math.Log(10)) || s.NotLearnt != "" {
				t.Errorf("training loss %.3g, %q, want below 0.8 ln 10", s.TrainLoss.Float(), s.NotLearnt)
			}
			t.Logf("batch %d, lr %g, %d steps: loss %.3g", r.Batch, r.LearningRate, s.Steps, s.TrainLoss.Float())
		})
	}
}
