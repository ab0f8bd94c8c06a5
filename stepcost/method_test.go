package stepcost

import (
	"context"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/recipe"
)

// Each kind of step is made once in a turn before any is timed, and the turns begin at all places of the cycle.
func TestTurnsWarmEachKind(t *testing.T) {
	m, err := newMethod(testbackend.GoEngine(t), benchRecipes(t, "xsam")[0],
		&datasets.Split{Train: RandomImages(4, 4, 1, 3, 32, 1)}, tinyBench)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.warmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	places := map[int64]bool{}
	for turn := range 5 {
		begun := optimizer.GetGlobalStep(m.Store)
		places[begun%5] = true
		if err := m.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		made := optimizer.GetGlobalStep(m.Store) - begun
		if pairs, ascents := len(m.kinds["pair"]), len(m.kinds["ascent"]); made != 5+1+5 || m.timed != 5*(turn+1) ||
			pairs != turn+1 || ascents != 4*(turn+1) {
			t.Errorf("turn %d: %d steps, %d timed so far, %d pairs and %d ascents: want 11 steps, the last 5 of them "+
				"timed, one a pair", turn, made, m.timed, pairs, ascents)
		}
	}
	if len(places) != 5 {
		t.Errorf("turns begin at the places %v of a cycle of 5 steps, want all", places)
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
		{"ascent every 4, refresh every 6", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 4},
			Refresh: xsam.Refresh{Every: 6}}, 12},
		{"an ascent of radius 0 is none", xsam.Config{Ascent: xsam.Ascent{Every: 4}, Refresh: xsam.Refresh{Every: 6}}, 6},
	}
	for _, tt := range tests {
		if got := cycleOf(tt.c); got != tt.want {
			t.Errorf("%s: cycle of %d steps, want %d", tt.name, got, tt.want)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	set := RandomImages(4, 4, 1, 3, 32, 1)
	good := benchRecipes(t, "sgd")
	unknown := benchRecipes(t, "sgd")
	unknown[0].Model = "vgg"
	tests := []struct {
		name    string
		recipes []recipe.Recipe
		options Options
		want    string
	}{
		{"no methods", nil, tinyBench, "no methods"},
		{"no rounds", good, Options{Steps: 1, Warmup: 1}, "0 rounds"},
		{"no warm-up", good, Options{Rounds: 1, Steps: 1}, "0 cycles of warm-up"},
		{"an unknown model", unknown, tinyBench, "vgg"},
		{"a schedule too long to time", benchRecipes(t, "xsam:ascent-every=31:refresh-every=37"), tinyBench,
			"repeats after 1147 steps"},
		{"a batch that cannot be spread", good, Options{Rounds: 1, Steps: 1, Warmup: 1, Devices: 3}, "over 3 devices"},
		{"fewer devices than none", good, Options{Rounds: 1, Steps: 1, Warmup: 1, Devices: -1}, "-1 devices"},
		{"a batch larger than the data", benchRecipes(t, "sgd")[:1:1], Options{Rounds: 1, Steps: 1, Warmup: 1}, ""},
	}
	last := &tests[len(tests)-1]
	last.recipes[0].Batch, last.want = 64, "BatchSize = 64"
	for _, tt := range tests {
		if _, err := Run(context.Background(), testbackend.GoEngine(t), tt.recipes, set, tt.options); err == nil ||
			!strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one about %q", tt.name, err, tt.want)
		}
	}
}

// What is wrong with all recipes of a bench alike is said once.
func TestValidateSaysItOnce(t *testing.T) {
	base := recipe.Defaults(RandomData)
	base.Model = "vgg"
	recipes, err := recipe.Plan(base, []string{"sgd", "sam", "xsam"}, nil, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := Validate(recipes); err == nil || strings.Count(err.Error(), "\n") != 0 {
		t.Errorf("Validate = %v, want one line", err)
	}
}
