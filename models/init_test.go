package models_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// buildIn builds the model's graph for two images in the scope and returns the shape of the logits.
func buildIn(t *testing.T, m *models.Model, scope *model.Scope) shapes.Shape {
	t.Helper()
	c := m.Config()
	g := graph.NewGraph(testbackend.Go(t), c.Name)
	defer g.Finalize()
	scope.Store().SetTraining(g, true)
	x := graph.Parameter(g, "images", shapes.Make(c.DType, 2, c.Height, c.Width, c.Channels))
	return m.Graph(scope, nil, []*graph.Node{x})[0].Shape()
}

// values are the variable's values, in float64.
func values(t *testing.T, store *model.Store, path string) []float64 {
	t.Helper()
	v := store.GetVariable(path)
	if v == nil {
		t.Fatalf("there is no variable %s", path)
	}
	if v.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](v.MustValue())
	}
	var out []float64
	for _, x := range tensors.MustCopyFlatData[float32](v.MustValue()) {
		out = append(out, float64(x))
	}
	return out
}

// The first numbers of a stream, written down: a change of the generator would change every result with a seed.
func TestInitialisationIsPinned(t *testing.T) {
	c := models.DefaultConfig("mlp")
	c.Height, c.Width, c.Channels, c.DType = 8, 8, 1, dtypes.Float64
	store := model.NewStore()
	buildIn(t, mustNew(t, c), store.RootScope())
	got := values(t, store, "/hidden1/weights")[:3]
	if want := []float64{-0.19141643313928008, 0.11939698420511533, 0.15533761677789859}; difference(got, want) != 0 {
		t.Errorf("seed 0: /hidden1/weights begins with %.17g, want %.17g", got, want)
	}
}

// He et al.: mean 0, variance 2/fan-in. With n values the mean is off by std/√n and the variance by a share of
// √(2/n), times 4 for a test that does not fail by chance. Biases and offsets are 0, scales 1.
func TestInitialisationIsHe(t *testing.T) {
	tests := []struct {
		model, path string
		fanIn       int
	}{
		{"mlp", "/hidden1/weights", 3072},
		{"mlp", "/hidden2/weights", 128},
		{"mlp", "/logits/weights", 128},
		{"cnn", "/conv2/weights", 9 * 16},
		{"cnn", "/hidden/weights", 8 * 8 * 32},
		{"resnet20", "/stage3_block2/conv2/weights", 9 * 64},
		{"resnet34", "/stage3_block6/conv2/weights", 9 * 256},
		{"vgg11-bn-narrow", "/conv4/weights", 9 * 64},
	}
	for _, tt := range tests {
		store := model.NewStore()
		buildIn(t, mustNew(t, models.DefaultConfig(tt.model)), store.RootScope())
		w := values(t, store, tt.path)
		var mean, square float64
		for _, x := range w {
			mean += x / float64(len(w))
			square += x * x / float64(len(w))
		}
		n, want := float64(len(w)), 2/float64(tt.fanIn)
		if !(math.Abs(mean) < 4*math.Sqrt(want/n)) || !(math.Abs(square/want-1) < 4*math.Sqrt(2/n)) {
			t.Errorf("%s %s: mean %.3g and variance %.4g of %v values, want 0 and %.4g", tt.model, tt.path, mean, square, n,
				want)
		}
		for v := range store.IterVariables() {
			constant, isConstant := map[string]float64{"biases": 0, "offset": 0, "scale": 1}[v.Name()]
			if !isConstant {
				continue
			}
			for _, x := range values(t, store, v.Path()) {
				if x != constant {
					t.Fatalf("%s %s has a value %v, want %v", tt.model, v.Path(), x, constant)
				}
			}
		}
	}
}

// A variable's values depend on the seed and on its path in the model, and on nothing else.
func TestInitialisationDependsOnSeedAndPath(t *testing.T) {
	c := small("cnn")
	draw := func(c models.Config, place, path string) []float64 {
		store := model.NewStore()
		scope := store.RootScope()
		if place != "" {
			scope = scope.In("%s", place)
		}
		buildIn(t, mustNew(t, c), scope)
		return values(t, store, model.JoinPath("/", place, path))
	}
	want := draw(c, "", "conv2/weights")
	if got := draw(c, "elsewhere", "conv2/weights"); difference(got, want) != 0 {
		t.Error("the same model elsewhere in the store has other weights")
	}
	larger := c
	larger.Height, larger.Width, larger.Classes = 12, 12, 7 // other sizes of the other variables
	if got := draw(larger, "", "conv2/weights"); difference(got, want) != 0 {
		t.Error("a kernel's weights change with the sizes of other layers")
	}
	single := c
	single.DType = dtypes.Float32
	for i, x := range draw(single, "", "conv2/weights") {
		if x != float64(float32(want[i])) {
			t.Fatalf("float32 weight %d is %v, want %v rounded", i, x, want[i])
		}
	}
	seeded := c
	seeded.Seed++
	if got := draw(seeded, "", "conv2/weights"); difference(got, want) == 0 {
		t.Error("another seed gives the same weights")
	}
	m := small("mlp")
	m.Height, m.Width, m.Channels, m.Classes = 1, 1, 128, 128 // all three layers have 128×128 weights
	if difference(draw(m, "", "hidden1/weights"), draw(m, "", "hidden2/weights")) == 0 {
		t.Error("two layers have the same weights")
	}
}

func TestNewRefuses(t *testing.T) {
	change := func(f func(c *models.Config)) models.Config {
		c := small("mlp")
		f(&c)
		return c
	}
	tests := []struct {
		name   string
		config models.Config
		want   []string
	}{
		{"unknown model", change(func(c *models.Config) { c.Name = "resnet9" }), append([]string{`"resnet9"`},
			models.Names()...)},
		{"no name", models.Config{}, models.Names()},
		{"no layers", change(func(c *models.Config) { c.Name = "mlp-0x256" }), []string{`"mlp-0x256"`, models.Deep}},
		{"too small for two poolings", change(func(c *models.Config) { c.Name, c.Height = "cnn", 3 }), []string{"3×8×1",
			"at least 4×4×1"}},
		{"too small for alexnet", change(func(c *models.Config) { c.Name, c.Height, c.Width = "alexnet", 15, 28 }),
			[]string{"15×28×1", "at least 16×16×1"}},
		{
			"too small for vgg11-bn", change(func(c *models.Config) { c.Name = "vgg11-bn" }),
			[]string{"8×8×1", "at least 16×16×1"},
		},
		{"no channels", change(func(c *models.Config) { c.Channels = 0 }), []string{"8×8×0"}},
		{"one class", change(func(c *models.Config) { c.Classes = 1 }), []string{"Classes = 1"}},
		{"integers", change(func(c *models.Config) { c.DType = dtypes.Int32 }), []string{"want float32 or float64"}},
		{"dropout 1", change(func(c *models.Config) { c.Dropout = 1 }), []string{"0 ≤ Dropout < 1"}},
		{"dropout NaN", change(func(c *models.Config) { c.Dropout = math.NaN() }), []string{"0 ≤ Dropout < 1"}},
		{"dropout where there is none", change(func(c *models.Config) { c.Name, c.Dropout = "resnet8", 0.1 }),
			[]string{"resnet8 has no dropout"}},
		{"all wrong fields at once", models.Config{Name: "mlp"}, []string{"0×0×0", "Classes", "DType"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := models.New(tt.config)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
