package xsam_test

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/gomlx/compute/dtypes"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// A store that is resumed with other trainable parameters: v is of length 1 over those, λ theirs. A parameter of
// another shape is refused by name.
func TestResumedWithOtherParameters(t *testing.T) {
	b := testbackend.Go(t)
	var frozen bool
	size := 1
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		ones := make([]float64, size)
		for i := range ones {
			ones[i] = 1
		}
		return []*graph.Node{scope.VariableWithValue("a", ones).NodeValue(g),
			scope.VariableWithValue("b", 1.0).SetTrainable(!frozen).NodeValue(g)}
	}, func(_, p []*graph.Node) *graph.Node { // (a² + 4b²)/2
		return graph.Add(graph.MulScalar(graph.ReduceAllSum(graph.Square(p[0])), 0.5),
			graph.MulScalar(graph.Square(p[1]), 2))
	})
	dir := t.TempDir()
	save := func(store *model.Store) {
		t.Helper()
		saver, err := checkpoint.Build(store).Dir(dir).Immediate().Done()
		if err != nil {
			t.Fatal(err)
		}
		if err := saver.Save(); err != nil {
			t.Fatal(err)
		}
	}
	p := program{backend: b, obj: obj, config: xsam.DefaultConfig(), base: optim.SGD(0.001).Done(), data: four()}
	first := model.NewStore()
	if _, err := p.run(first, 12); err != nil {
		t.Fatal(err)
	}
	save(first)

	frozen = true
	resumed := model.NewStore()
	if _, err := checkpoint.Build(resumed).Dir(dir).Immediate().Done(); err != nil {
		t.Fatal(err)
	}
	stats, err := p.run(resumed, 6)
	if err != nil {
		t.Fatal(err)
	}
	v := float64s(resumed, xsam.Scope+"/eigenvector/a")
	if math.Abs(math.Abs(v[0])-1) > 1e-12 || math.Abs(stats.Lambda-1) > 1e-6 || stats.Step != 17 {
		t.Errorf("step %d: v = %v, λ = %v, want length 1 and λ 1 at step 17", stats.Step, v, stats.Lambda)
	}

	size = 2
	reshaped := model.NewStore()
	reshaped.VariableWithValue("/a", []float64{1, 1})
	reshaped.VariableWithValue(xsam.Scope+"/eigenvector/a", []float64{1})
	_, err = p.run(reshaped, 1)
	if err == nil || !strings.Contains(err.Error(), "/a has shape") {
		t.Errorf("error %v: want one that names the parameter that was reshaped", err)
	}
}

// Parameters of three types, and gradients so small that ρ/‖g‖ is beyond the largest number of half precision: SAM's
// ε is of length ρ all the same.
func TestMixedPrecision(t *testing.T) {
	for _, scale := range []float64{1, 1e-3} {
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			g := in[0].Graph()
			value := func(name string, zero any) *graph.Node {
				return graph.ConvertDType(scope.VariableWithValue(name, zero).NodeValue(g), dtypes.Float64)
			}
			w := graph.Stack([]*graph.Node{value("half", float16.FromFloat32(0.25)), value("brain", bfloat16.FromFloat32(0.25)),
				value("single", float32(0.25))}, 0)
			return []*graph.Node{w}
		}, func(_, p []*graph.Node) *graph.Node {
			return graph.MulScalar(graph.ReduceAllSum(graph.Square(p[0])), scale/2)
		})
		for _, name := range []string{"sgd", "sam", "asam", "xsam", "xsam-lite", "looksam", "nsam", "ssam"} {
			config := xsam.Presets[name]()
			if config.Rho > 0 {
				config.Rho = 50
			}
			stats, err := program{backend: testbackend.Go(t), obj: obj, config: config, base: optim.SGD(0.1 / scale).Done(),
				data: four()}.run(model.NewStore(), 1)
			if err != nil {
				t.Errorf("%s: %.300v", name, err)
				continue
			}
			if name != "sam" {
				continue
			}
			// ∇ = scale·(w + ε) with ‖ε‖ = ρ along w: its norm is scale·(‖w‖ + ρ), to the rounding of half precision.
			want := scale * (0.25*math.Sqrt(3) + 50)
			if math.Abs(stats.GradNorm-want) > 0.01*want {
				t.Errorf("scale %v: ‖g_adv‖ = %v, want %v", scale, stats.GradNorm, want)
			}
		}
	}
}

// State that a model writes from its weights or its data in the forward pass: a teacher that averages the weights, a
// codebook that moves to the data. Plain GoMLX writes both once a step; so does every method, at the weights of the
// step.
func TestTeacherAndCodebook(t *testing.T) {
	b := testbackend.Go(t)
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		w := scope.VariableWithValue("w", []float64{0.1, 0.2})
		teacher := scope.VariableWithValue("teacher", []float64{0, 0}).SetTrainable(false)
		code := scope.VariableWithValue("code", []float64{0.5, 0.5}) // trained, and moved by hand
		if scope.IsTraining(g) {
			teacher.SetNodeValue(graph.Add(graph.MulScalar(teacher.NodeValue(g), 0.9), graph.MulScalar(w.NodeValue(g), 0.1)))
			code.SetNodeValue(graph.Add(graph.MulScalar(code.NodeValue(g), 0.5),
				graph.MulScalar(graph.ReduceMean(in[0], 0), 0.5)))
		}
		z := graph.Einsum("bi,i->b", in[0], graph.Add(w.NodeValue(g), code.NodeValue(g)))
		return []*graph.Node{graph.Add(z, graph.MulScalar(graph.Square(z), 0.1))}
	}, loss.MeanSquaredError)
	plain := model.NewStore()
	trainer := train.NewTrainer(b, plain, obj.ModelFn, obj.LossFn, optim.SGD(0.1).Done(), nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(four(), 1); err != nil {
		t.Fatal(err)
	}
	for name, config := range everySchedule() {
		store := model.NewStore()
		if _, err := (program{backend: b, obj: obj, config: config, data: four()}).run(store, 1); err != nil {
			t.Fatal(err)
		}
		if got, want := float64s(store, "/teacher"), float64s(plain, "/teacher"); !slices.Equal(got, want) {
			t.Errorf("%s: teacher %v, plain GoMLX %v", name, got, want)
		}
		got, want := float64s(store, "/code"), float64s(plain, "/code")
		if name == "sgd" && !slices.Equal(got, want) || !near(got, want, 0.2) {
			t.Errorf("%s: codebook %v, plain GoMLX %v", name, got, want)
		}
	}
}

// The sums of an update under way need not be in a checkpoint.
func TestScratch(t *testing.T) {
	p := program{backend: testbackend.Go(t), obj: bent(loss.MeanSquaredError, nil), config: xsam.SAMConfig(), data: four(),
		micro: 2}
	opt, err := xsam.New(p.obj, optim.SGD(0.1).Done(), p.config)
	if err != nil {
		t.Fatal(err)
	}
	store, dir := model.NewStore(), t.TempDir()
	if _, err := p.runWith(store, opt, 3); err != nil {
		t.Fatal(err)
	}
	if n := len(opt.Scratch(store)); n < 4 {
		t.Errorf("%d variables, want the sums of two passes", n)
	}
	saver, err := checkpoint.Build(store).Dir(dir).ExcludeVars(opt.Scratch(store)...).Immediate().Done()
	if err != nil {
		t.Fatal(err)
	}
	if err := saver.Save(); err != nil {
		t.Fatal(err)
	}
	restored := model.NewStore()
	if _, err := checkpoint.Build(restored).Dir(dir).Immediate().Done(); err != nil {
		t.Fatal(err)
	}
	if n := len(opt.Scratch(restored)); n != 0 {
		t.Errorf("%d variables of scratch came back", n)
	}
	for _, s := range []*model.Store{store, restored} {
		again, err := xsam.New(p.obj, optim.SGD(0.1).Done(), p.config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.runWith(s, again, 3); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := float64s(restored, "/w"), float64s(store, "/w"); !slices.Equal(got, want) {
		t.Errorf("w = %v, without a stop %v", got, want)
	}
}

// Nothing keeps a store alive that a program has done with.
func TestStoresAreFreed(t *testing.T) {
	store := model.NewStore()
	seen := weak.Make(store)
	p := program{backend: testbackend.Go(t), obj: bent(loss.MeanSquaredError, nil), config: xsam.DefaultConfig(),
		data: four()}
	if _, err := p.run(store, 2); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if runtime.GC(); seen.Value() == nil {
			return
		}
		time.Sleep(10 * time.Millisecond) // finalizers run beside
	}
	t.Error("the store is still held")
}
