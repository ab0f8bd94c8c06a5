package recipe

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/parameter"
)

// recipe is a valid one.
func recipe(t *testing.T) Recipe {
	t.Helper()
	r := Defaults("glyphs")
	if err := r.SetMethod("xsam", nil); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDefaultsAreValid(t *testing.T) {
	for _, data := range datasets.Names() {
		for _, method := range parameter.MethodNames() {
			r := Defaults(data)
			if err := r.SetMethod(method, nil); err != nil {
				t.Fatal(err)
			}
			if err := r.Validate(); err != nil {
				t.Errorf("Defaults(%q) with %s: %v", data, method, err)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		want   string
		change func(*Recipe)
	}{
		{"no method", func(r *Recipe) { r.Method = "" }},
		{`data "faces"`, func(r *Recipe) { r.Data = "faces" }},
		{`model "vgg"`, func(r *Recipe) { r.Model = "vgg" }},
		{`dtype "int8"`, func(r *Recipe) { r.DType = "int8" }},
		{"epochs = 0", func(r *Recipe) { r.Epochs = 0 }},
		{"batch = 0", func(r *Recipe) { r.Batch = 0 }},
		{"train size = -1", func(r *Recipe) { r.TrainSize = -1 }},
		{"label noise = NaN", func(r *Recipe) { r.LabelNoise = math.NaN() }},
		{"evaluate every = -1", func(r *Recipe) { r.EvaluateEvery = -1 }},
		{"λmax examples = -1", func(r *Recipe) { r.LambdaExamples = -1 }},
		{"λmax batch = 0", func(r *Recipe) { r.LambdaBatch = 0 }},
		{"λmax products = 200, tolerance = 0", func(r *Recipe) { r.LambdaTolerance = 0 }},
		{`base optimizer "lion"`, func(r *Recipe) { r.Optimizer = "lion" }},
		{"learning rate = 0", func(r *Recipe) { r.LearningRate = 0 }},
		{"learning rate = +Inf", func(r *Recipe) { r.LearningRate = math.Inf(1) }},
		{`schedule "zigzag"`, func(r *Recipe) { r.Schedule = "zigzag" }},
		{"warm-up = -1", func(r *Recipe) { r.WarmupSteps = -1 }},
		{"momentum = 1", func(r *Recipe) { r.Momentum = 1 }},
		{"Nesterov", func(r *Recipe) { r.Nesterov, r.Momentum = true, 0 }},
		{"weight decay = -1", func(r *Recipe) { r.WeightDecay = -1 }},
		{"adam, which has none", func(r *Recipe) { r.Optimizer = "adam" }},
		{"clip = -1", func(r *Recipe) { r.Clip = -1 }},
		{"Rho = -1", func(r *Recipe) { r.Rho = -1 }},
		{"By = 9", func(r *Recipe) { r.By = 9 }},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			r := recipe(t)
			tt.change(&r)
			if err := r.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate() = %v, want an error with %q", err, tt.want)
			}
		})
	}
	t.Run("all mistakes are named at once", func(t *testing.T) {
		r := recipe(t)
		r.Epochs, r.Momentum, r.Alpha = 0, 2, 9
		err := r.Validate()
		for _, want := range []string{"epochs", "momentum", "Alpha"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Validate() = %v, want it to name %s", err, want)
			}
		}
	})
}

func TestRecipeSurvivesJSON(t *testing.T) {
	want := recipe(t)
	want.Clip, want.Seed, want.Eta = 0.1, -3, 1e-300
	text, err := json.Marshal(Saved{Recipe: want, Version: "v"})
	if err != nil {
		t.Fatal(err)
	}
	var got Saved
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got.Recipe, want) {
		t.Errorf("after JSON %+v (%v), want %+v", got.Recipe, err, want)
	}
	if !strings.Contains(string(text), `"base":"sgd"`) || !strings.Contains(string(text), `"rho":0.05`) {
		t.Errorf("config.json is %s, want the base optimizer and rho as keys of its own", text)
	}
}

func TestDifferences(t *testing.T) {
	a, b := recipe(t), recipe(t)
	b.DataDir = "elsewhere" // no difference
	if got := Differences(a, b); len(got) > 0 {
		t.Errorf("Differences of equal recipes: %v", got)
	}
	b.Rho, b.Epochs = 0.1, 7
	if got := Differences(a, b); len(got) != 2 || !strings.HasPrefix(got[0], "epochs") || got[1] != "rho 0.05, now 0.1" {
		t.Errorf("Differences = %q, want epochs, and rho with both values", got)
	}
}

// No two purposes and no two seeds may draw the same numbers.
func TestDerive(t *testing.T) {
	seen := map[int64]string{}
	for seed := int64(-2); seed < 20; seed++ {
		for _, purpose := range []string{"weights", "batches", "eigenvector"} {
			s := DeriveSeed(seed, purpose)
			if s < 0 || seen[s] != "" || s != DeriveSeed(seed, purpose) {
				t.Errorf("DeriveSeed(%d, %s) = %d: want 0 or more, a number of its own (%s has it), and always the same", seed,
					purpose, s, seen[s])
			}
			seen[s] = purpose
		}
	}
}

func TestPlanTakesTheMethodsInTurnForEachSeed(t *testing.T) {
	recipes, err := Plan(Defaults("glyphs"), []string{"sgd", "sam:rho=0.1"}, nil, 7, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"out/sgd-seed7", "out/sam_rho=0.1-seed7", "out/sgd-seed8", "out/sam_rho=0.1-seed8"}
	if got := Dirs("out", recipes); !reflect.DeepEqual(got, want) {
		t.Errorf("the runs are %v, want %v", got, want)
	}
}
