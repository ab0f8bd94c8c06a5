package stepcost

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/recipe"
)

// benchRecipes are recipes of the methods for a tiny mlp.
func benchRecipes(t *testing.T, methods ...string) []recipe.Recipe {
	t.Helper()
	base := recipe.Defaults(RandomData)
	base.Model, base.Batch, base.Schedule = "mlp", 8, "constant"
	recipes, err := recipe.Plan(base, methods, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return recipes
}

// A bench takes as many examples as its batches want, whatever number of them training takes.
func TestBatchesLargerThanTheTrainingData(t *testing.T) {
	base := recipe.Defaults("glyphs")
	base.Batch = 4 * base.TrainSize
	recipes, err := recipe.Plan(base, []string{"sgd", "sam"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(recipes); err != nil {
		t.Error(err)
	}
}

var tinyBench = Options{Rounds: 2, Steps: 1, Warmup: 1}

func TestBenchCountsGradients(t *testing.T) {
	methods := []string{"sgd", "sam", "asam", "xsam", "xsam-lite", "xsam-lite:refresh-every=10", "xsam-paper"}
	want := map[string]struct{ gradients, products, evaluations float64 }{
		"sgd":  {1, 0, 1},
		"sam":  {2, 0, 2},
		"asam": {2, 0, 2},
		"xsam": {2, 0, 2},
		// Four plain steps and a pair step; nine and one.
		"xsam-lite":                  {1.2, 0, 1.2},
		"xsam-lite:refresh-every=10": {1.1, 0, 1.1},
		// Five products every third step, each of which counts as two gradients.
		"xsam-paper": {2 + 1.0/3, 5.0 / 3, 2 + 1.0/3 + 10.0/3},
	}
	set := RandomImages(4, 4, 1, 3, 32, 1)
	var turns []Progress
	o := tinyBench
	o.Progress = func(p Progress) { turns = append(turns, p) }
	result, err := Run(context.Background(), testbackend.GoEngine(t), benchRecipes(t, methods...), set, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range result.Rows {
		w := want[methods[i]]
		if row.Method != methods[i] || row.Gradients.Float() != w.gradients || row.Products.Float() != w.products ||
			row.GradientEvaluations.Float() != w.evaluations {
			t.Errorf("row %d: %s took %v gradients, %v products, %v in all a step, want %s with %v",
				i, row.Method, row.Gradients, row.Products, row.GradientEvaluations, methods[i], w)
		}
		const weights = 4 * 19075
		v := 0.0
		if strings.HasPrefix(row.Method, "xsam") {
			v = weights
		}
		if m := row.Memory; m.Weights != weights || m.Eigenvector != v || m.State < weights || m.State > weights+200 {
			t.Errorf("%s holds %+v, want %d bytes of weights, %v of v, and as many as of weights of momentum with a few "+
				"numbers more", row.Method, m, weights, v)
		}
		share := 0.0
		for _, k := range row.Kinds {
			share += k.Share.Float()
		}
		if math.Abs(share-1) > 1e-12 || !(row.StepSeconds.Median.Float() > 0) || !(row.CostVsSAM.Median.Float() > 0) ||
			!row.CompileSeconds.Known() {
			t.Errorf("row %+v: want shares that sum to 1, and positive times", row)
		}
	}
	if lite := result.Rows[4].Kinds; len(lite) != 2 || lite[0].Kind != "pair" || lite[0].Share.Float() != 0.2 ||
		lite[1].Kind != "plain" || lite[1].Share.Float() != 0.8 {
		t.Errorf("xsam-lite is made of %+v, want pair steps 0.2 and plain steps 0.8", lite)
	}
	// 16·128 + 128 + 128·128 + 128 + 128·3 + 3
	if result.Parameters != 19075 || result.Rounds != 2 || result.Image != [3]int{4, 4, 1} || len(result.Warnings) != 1 {
		t.Errorf("result %+v, want 19075 parameters, 2 rounds, 4×4×1 images, a warning of the few rounds", result)
	}
	if one := result.Rows[0].CostVsSGD; one.Median.Float() != 1 {
		t.Errorf("sgd costs %v of sgd, want 1", one.Median)
	}
	if last := turns[len(turns)-1]; len(turns) != 21 || last.Turn != 21 || last.Turns != 21 || last.Round != 2 {
		t.Errorf("%d turns told, the last %+v: want 21, of which 7 in each of 2 rounds", len(turns), last)
	}
}

// The four batches of a bench stand for a long epoch: the published form refreshes at every third step, and forms with
// longer intervals have their refreshes too.
func TestBenchIsOneLongEpoch(t *testing.T) {
	methods := []string{"xsam-paper", "xsam-paper:refresh-every=7", "xsam:refresh=exact:power-steps=1"}
	products := []float64{5.0 / 3, 5.0 / 7, 3.0 / 5} // of the last two for the side on which λ falls
	o := tinyBench
	o.Rounds = 4
	result, err := Run(t.Context(), testbackend.GoEngine(t), benchRecipes(t, methods...),
		RandomImages(4, 4, 1, 3, 32, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range result.Rows {
		if got := row.Products.Float(); math.Abs(got-products[i]) > 1e-12 {
			t.Errorf("%s takes %v products a step, want %v", row.Method, got, products[i])
		}
	}
}

// Batches of a bench can be spread; what the steps are does not change.
func TestBenchOnTwoDevices(t *testing.T) {
	testbackend.SkipSlow(t)
	engine := &backend.Engine{Backend: testbackend.TwoDevices(t), Name: "xla:cpu"}
	o := tinyBench
	o.Devices = 2
	result, err := Run(t.Context(), engine, benchRecipes(t, "xsam"), RandomImages(4, 4, 1, 3, 32, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	row := result.Rows[0]
	if result.Devices != 2 || row.Gradients.Float() != 2 || len(row.Kinds) != 2 || !(row.StepSeconds.Median.Float() > 0) {
		t.Errorf("%d devices, row %+v: want 2, with ascents and pairs of 2 gradients", result.Devices, row)
	}
}

func TestBenchJSONHoldsWhatIsKnown(t *testing.T) {
	result, err := Run(context.Background(), testbackend.GoEngine(t), benchRecipes(t, "sgd", "sam:rho=0.1"),
		RandomImages(4, 4, 1, 3, 32, 1), tinyBench)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result.Rows[1])
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		`"method":"sam:rho=0.1"`: true, `"step_seconds_median":`: true, `"step_cost_vs_sgd":`: true,
		`"gradient_evaluations":2,`: true,
		"step_cost_vs_sam":          false, // plain sam is not among the methods
		"_ci95":                     false, // 2 rounds are too few for an interval
	} {
		if strings.Contains(string(text), key) != want {
			t.Errorf("row %s: %s is there: %v, want %v", text, key, !want, want)
		}
	}
}

func TestBenchGivesWhatThereIsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := tinyBench
	o.Rounds = 100
	o.Progress = func(p Progress) {
		if p.Round == 3 {
			cancel()
		}
	}
	result, err := Run(ctx, testbackend.GoEngine(t), benchRecipes(t, "sgd", "xsam"), RandomImages(4, 4, 1, 3, 32, 1), o)
	if !errors.Is(err, context.Canceled) || result == nil || result.Rounds != 2 {
		t.Fatalf("result %+v, error %v: want two rounds and that it was cancelled", result, err)
	}
	if row := result.Rows[1]; !row.CostVsSGD.Median.Known() || row.Gradients.Float() != 2 {
		t.Errorf("row %+v, want a ratio to sgd and 2 gradients", row)
	}
}
