package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// benchRecipes are recipes of the methods for a tiny mlp.
func benchRecipes(t *testing.T, methods ...string) []Recipe {
	t.Helper()
	base := Defaults(RandomData)
	base.Model, base.Batch, base.Schedule = "mlp", 8, "constant"
	recipes, err := Plan(base, methods, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return recipes
}

var tinyBench = BenchOptions{Rounds: 2, Steps: 1, Warmup: 1}

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
	var turns []BenchProgress
	o := tinyBench
	o.Progress = func(p BenchProgress) { turns = append(turns, p) }
	result, err := RunBench(context.Background(), goEngine(t), benchRecipes(t, methods...), set, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range result.Rows {
		w := want[methods[i]]
		if row.Method != methods[i] || row.Gradients.Float() != w.gradients || row.Products.Float() != w.products || row.GradientEvaluations.Float() != w.evaluations {
			t.Errorf("row %d: %s took %v gradients, %v products, %v in all a step, want %s with %v",
				i, row.Method, row.Gradients, row.Products, row.GradientEvaluations, methods[i], w)
		}
		const weights = 4 * 19075
		v := 0.0
		if strings.HasPrefix(row.Method, "xsam") {
			v = weights
		}
		if m := row.Memory; m.Weights != weights || m.Eigenvector != v || m.State < weights || m.State > weights+200 {
			t.Errorf("%s holds %+v, want %d bytes of weights, %v of v, and as many as of weights of momentum with a few numbers more", row.Method, m, weights, v)
		}
		share := 0.0
		for _, k := range row.Kinds {
			share += k.Share.Float()
		}
		if math.Abs(share-1) > 1e-12 || !(row.StepSeconds.Median.Float() > 0) || !(row.CostVsSAM.Median.Float() > 0) || !row.CompileSeconds.Known() {
			t.Errorf("row %+v: want shares that sum to 1, and positive times", row)
		}
	}
	if lite := result.Rows[4].Kinds; len(lite) != 2 || lite[0].Kind != "pair" || lite[0].Share.Float() != 0.2 || lite[1].Kind != "plain" || lite[1].Share.Float() != 0.8 {
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

// Batches of a bench can be spread; what the steps are does not change.
func TestBenchOnTwoDevices(t *testing.T) {
	engine := &backend.Engine{Backend: testbackend.TwoDevices(t), Name: "xla:cpu"}
	o := tinyBench
	o.Devices = 2
	result, err := RunBench(t.Context(), engine, benchRecipes(t, "xsam"), RandomImages(4, 4, 1, 3, 32, 1), o)
	if err != nil {
		t.Fatal(err)
	}
	row := result.Rows[0]
	if result.Devices != 2 || row.Gradients.Float() != 2 || len(row.Kinds) != 2 || !(row.StepSeconds.Median.Float() > 0) {
		t.Errorf("%d devices, row %+v: want 2, with ascents and pairs of 2 gradients", result.Devices, row)
	}
}

func TestBenchJSONHoldsWhatIsKnown(t *testing.T) {
	result, err := RunBench(context.Background(), goEngine(t), benchRecipes(t, "sgd", "sam:rho=0.1"), RandomImages(4, 4, 1, 3, 32, 1), tinyBench)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result.Rows[1])
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		`"method":"sam:rho=0.1"`: true, `"step_seconds_median":`: true, `"step_cost_vs_sgd":`: true, `"gradient_evaluations":2,`: true,
		"step_cost_vs_sam": false, // plain sam is not among the methods
		"_ci95":            false, // 2 rounds are too few for an interval
	} {
		if strings.Contains(string(text), key) != want {
			t.Errorf("row %s: %s is there: %v, want %v", text, key, !want, want)
		}
	}
}

// Each kind of step is made once in a turn before any is timed, and the turns begin at all places of the cycle.
func TestTurnsWarmEachKind(t *testing.T) {
	l, err := newLane(goEngine(t), benchRecipes(t, "xsam")[0], &datasets.Split{Train: RandomImages(4, 4, 1, 3, 32, 1)}, tinyBench)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	if err := l.warmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	places := map[int64]bool{}
	for turn := range 5 {
		begun := optimizer.GetGlobalStep(l.store)
		places[begun%5] = true
		if err := l.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		made := optimizer.GetGlobalStep(l.store) - begun
		if pairs, ascents := len(l.kinds["pair"]), len(l.kinds["ascent"]); made != 5+1+5 || l.timed != 5*(turn+1) || pairs != turn+1 || ascents != 4*(turn+1) {
			t.Errorf("turn %d: %d steps, %d timed so far, %d pairs and %d ascents: want 11 steps, the last 5 of them timed, one a pair", turn, made, l.timed, pairs, ascents)
		}
	}
	if len(places) != 5 {
		t.Errorf("turns begin at the places %v of a cycle of 5 steps, want all", places)
	}
}

func TestBenchGivesWhatThereIsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := tinyBench
	o.Rounds = 100
	o.Progress = func(p BenchProgress) {
		if p.Round == 3 {
			cancel()
		}
	}
	result, err := RunBench(ctx, goEngine(t), benchRecipes(t, "sgd", "xsam"), RandomImages(4, 4, 1, 3, 32, 1), o)
	if !errors.Is(err, context.Canceled) || result == nil || result.Rounds != 2 {
		t.Fatalf("result %+v, error %v: want two rounds and that it was cancelled", result, err)
	}
	if row := result.Rows[1]; !row.CostVsSGD.Median.Known() || row.Gradients.Float() != 2 {
		t.Errorf("row %+v, want a ratio to sgd and 2 gradients", row)
	}
}

func TestBenchRefuses(t *testing.T) {
	set := RandomImages(4, 4, 1, 3, 32, 1)
	good := benchRecipes(t, "sgd")
	unknown := benchRecipes(t, "sgd")
	unknown[0].Model = "vgg"
	tests := []struct {
		name    string
		recipes []Recipe
		options BenchOptions
		want    string
	}{
		{"no methods", nil, tinyBench, "no methods"},
		{"no rounds", good, BenchOptions{Steps: 1, Warmup: 1}, "0 rounds"},
		{"no warm-up", good, BenchOptions{Rounds: 1, Steps: 1}, "0 cycles of warm-up"},
		{"an unknown model", unknown, tinyBench, "vgg"},
		{"a schedule too long to time", benchRecipes(t, "xsam:ascent-every=31:refresh-every=37"), tinyBench, "repeats after 1147 steps"},
		{"a batch that cannot be spread", good, BenchOptions{Rounds: 1, Steps: 1, Warmup: 1, Devices: 3}, "over 3 devices"},
		{"fewer devices than none", good, BenchOptions{Rounds: 1, Steps: 1, Warmup: 1, Devices: -1}, "-1 devices"},
		{"a batch larger than the data", benchRecipes(t, "sgd")[:1:1], BenchOptions{Rounds: 1, Steps: 1, Warmup: 1}, ""},
	}
	last := &tests[len(tests)-1]
	last.recipes[0].Batch, last.want = 64, "BatchSize = 64"
	for _, tt := range tests {
		if _, err := RunBench(context.Background(), goEngine(t), tt.recipes, set, tt.options); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one about %q", tt.name, err, tt.want)
		}
	}
}

func TestCycleOf(t *testing.T) {
	tests := []struct {
		name string
		c    xsam.Config
		want int
	}{
		{"sgd", xsam.SGDConfig(), 1},
		{"sam", xsam.SAMConfig(), 1},
		{"xsam", xsam.DefaultConfig(), 5},
		{"lite", xsam.LiteConfig(), 5},
		{"paper", xsam.PaperConfig(), 3},
		{"ascent every 4, refresh every 6", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 4}, Refresh: xsam.Refresh{Every: 6}}, 12},
		{"an ascent of radius 0 is none", xsam.Config{Ascent: xsam.Ascent{Every: 4}, Refresh: xsam.Refresh{Every: 6}}, 6},
	}
	for _, tt := range tests {
		if got := cycleOf(tt.c); got != tt.want {
			t.Errorf("%s: cycle of %d steps, want %d", tt.name, got, tt.want)
		}
	}
}

func TestMedianInterval(t *testing.T) {
	tests := []struct {
		values            []float64
		median, low, high float64
	}{
		{nil, math.NaN(), math.NaN(), math.NaN()},
		{[]float64{3, 1, 2}, 2, math.NaN(), math.NaN()},
		// Of six values all lie on one side of the median with probability 2/2⁶ = 0.03.
		{[]float64{6, 2, 4, 3, 5, 1}, 3.5, 1, 6},
		// Of nine, P(at most 1 on a side) = 2·(1 + 9)/2⁹ = 0.04: the second smallest and the second largest.
		{[]float64{9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 2, 8},
	}
	same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	for _, tt := range tests {
		got := MedianInterval(tt.values)
		if !same(got.Median.Float(), tt.median) || !same(got.Low.Float(), tt.low) || !same(got.High.Float(), tt.high) {
			t.Errorf("MedianInterval(%v) = %v [%v, %v], want %v [%v, %v]", tt.values, got.Median, got.Low, got.High, tt.median, tt.low, tt.high)
		}
	}
}

func TestMemoryLine(t *testing.T) {
	status := "Name:\tx\nVmHWM:\t     200 kB\nVmRSS:\t     100 kB\nThreads:\t1\n"
	if got := memoryLine(status, "VmHWM:"); got != 200*1024 {
		t.Errorf("VmHWM of %q = %v, want 204800", status, got)
	}
	for _, name := range []string{"VmSwap:", "Threads:"} {
		if got := memoryLine(status, name); !math.IsNaN(got) {
			t.Errorf("%s of %q = %v, want NaN", name, status, got)
		}
	}
}
