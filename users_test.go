package xsam_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// What belongs to an update happens once per update: GoMLX's hooks, counters of the model, schedules that go by them,
// averages of the weights.
func TestOncePerUpdate(t *testing.T) {
	b := testbackend.Go(t)
	obj := bent(loss.MeanSquaredError, func(scope *model.Scope, g *graph.Graph, w *model.Variable) {
		updates := scope.VariableWithValue("updates", 0.0).SetTrainable(false)
		average := scope.VariableWithValue("average", []float64{0, 0}).SetTrainable(false)
		train.AddPerStepUpdateGraphFn(scope.At("hook"), g, func(*model.Scope, *graph.Graph) {
			updates.SetNodeValue(graph.AddScalar(updates.NodeValue(g), 1))
			average.SetNodeValue(graph.Add(graph.MulScalar(average.NodeValue(g), 0.5),
				graph.MulScalar(w.NodeValue(g), 0.5)))
		})
		passes := scope.VariableWithValue("passes", 0.0).SetTrainable(false)
		n := graph.AddScalar(passes.NodeValue(g), 1)
		passes.SetNodeValue(n)
		optimizer.LearningRateVar(scope, dtypes.Float64, 0.1).SetNodeValue(graph.Div(graph.Scalar(g, dtypes.Float64, 0.1), n))
	})
	base := func() optimizer.Interface {
		return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(0.1)
	}
	for name, config := range everySchedule() {
		t.Run(name, func(t *testing.T) {
			whole, cut := model.NewStore(), model.NewStore()
			if _, err := (program{backend: b, obj: obj, config: config, base: base(), data: four()}).run(whole, 7); err != nil {
				t.Fatal(err)
			}
			if _, err := (program{backend: b, obj: obj, config: config, base: base(), data: four(),
				micro: 4}).run(cut, 7); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/updates", "/passes", "/average", "/w"} {
				got, want := float64s(cut, path), float64s(whole, path)
				if !near(got, want, 1e-9) {
					t.Errorf("%s in four parts %v, undivided %v", path, got, want)
				}
			}
			if n := float64s(cut, "/updates")[0]; n != 7 {
				t.Errorf("the hook ran %v times in 7 updates", n)
			}
		})
	}
}

// A loss with a derivative of the network by its input, in every schedule and in parts.
func TestLossWithADerivativeOfTheNetwork(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		x, g := in[0], in[0].Graph()
		w := scope.VariableWithValue("w", [][]float64{{0.7, -0.4}, {0.1, 0.2}}).NodeValue(g)
		u := graph.Tanh(graph.Einsum("bi,io->bo", x, w))
		u = graph.Einsum("bi,i->b", u, scope.VariableWithValue("v", []float64{0.7, -0.4}).NodeValue(g))
		return []*graph.Node{graph.Gradient(graph.ReduceAllSum(u), x)[0]}
	}, func(_, p []*graph.Node) *graph.Node {
		return graph.ReduceAllMean(graph.Square(graph.AddScalar(p[0], -1)))
	})
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, config := range everySchedule() {
			t.Run(name, func(t *testing.T) {
				if name != "xsam" {
					testbackend.SkipRepeat(t, b)
				}
				p := program{backend: b, obj: obj, config: config, data: four()}
				whole, cut := model.NewStore(), model.NewStore()
				if _, err := p.run(whole, 7); err != nil {
					t.Fatal(err)
				}
				p.micro = 2
				if _, err := p.run(cut, 7); err != nil {
					t.Fatal(err)
				}
				if got, want := float64s(cut, "/w"), float64s(whole, "/w"); !near(got, want, 1e-8) {
					t.Errorf("in two parts %v, undivided %v", got, want)
				}
			})
		}
	})
}

// Weights of half precision train with every method, and as plain GoMLX does with none.
func TestHalfPrecisionWeights(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.BFloat16, dtypes.Float16} {
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			g := in[0].Graph()
			zeros := tensors.FromFlatDataAndDimensions(make([]bfloat16.BFloat16, 2), 2)
			if dtype == dtypes.Float16 {
				zeros = tensors.FromFlatDataAndDimensions(make([]float16.Float16, 2), 2)
			}
			w := scope.VariableWithValue("w", zeros)
			return []*graph.Node{graph.Einsum("bi,i->b", in[0], graph.ConvertDType(w.NodeValue(g), dtypes.Float64))}
		}, loss.MeanSquaredError)
		for _, name := range []string{"sgd", "sam", "nsam", "asam", "xsam", "xsam-lite", "looksam", "xsam-paper", "msam",
			"gsam", "fsam", "eigensam", "late-sam"} {
			t.Run(fmt.Sprint(dtype, "/", name), func(t *testing.T) {
				testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
					if name != "xsam" {
						testbackend.SkipRepeat(t, b)
					}
					p := program{backend: b, obj: obj, config: xsam.Presets[name]().ForRun(12), data: four(),
						base: optim.SGD(0.1).Momentum(0.5).Done()}
					stats, err := p.run(model.NewStore(), 12)
					if err != nil {
						t.Fatalf("%.300v", err)
					}
					if !(stats.Loss < 4) {
						t.Errorf("loss %v after 12 steps from 9", stats.Loss)
					}
				})
			})
		}
	}
}

// A model that changes its own weights in the forward pass: as plain GoMLX.
func TestModelThatChangesItsWeights(t *testing.T) {
	b := testbackend.Go(t)
	for name, change := range map[string]func(w *graph.Node) *graph.Node{
		"clips":   func(w *graph.Node) *graph.Node { return graph.ClipScalar(w, -0.1, 0.1) },
		"decays":  func(w *graph.Node) *graph.Node { return graph.MulScalar(w, 0.9) },
		"divides": func(w *graph.Node) *graph.Node { return graph.Div(w, graph.L2Norm(w)) },
	} {
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			v, g := scope.VariableWithValue("w", []float64{1, 0.05}), in[0].Graph()
			if scope.IsTraining(g) {
				v.SetNodeValue(change(v.NodeValue(g)))
			}
			return []*graph.Node{graph.Einsum("bi,i->b", in[0], v.NodeValue(g))}
		}, loss.MeanSquaredError)
		t.Run(name+"/sgd", func(t *testing.T) {
			ours, plain := model.NewStore(), model.NewStore()
			if _, err := (program{backend: b, obj: obj, config: xsam.SGDConfig(), data: four()}).run(ours, 3); err != nil {
				t.Fatal(err)
			}
			trainer := train.NewTrainer(b, plain, obj.ModelFn, obj.LossFn, optim.SGD(0.1).Done(), nil, nil)
			if _, err := train.NewLoop(trainer).RunSteps(four(), 3); err != nil {
				t.Fatal(err)
			}
			if got, want := float64s(ours, "/w"), float64s(plain, "/w"); !slices.Equal(got, want) {
				t.Errorf("w = %v, plain GoMLX %v", got, want)
			}
		})
		for method, config := range everySchedule() {
			t.Run(name+"/"+method, func(t *testing.T) {
				// With a radius that does not matter, every method starts from what the model has made of the weights.
				config.Rho, config.ProbeRadius, config.Alpha, config.Length = min(config.Rho, 1e-9), 1e-6, 0, xsam.AsIs
				config.Reuse = 0
				p := program{backend: b, obj: obj, config: config, data: four()}
				plain, whole, cut := model.NewStore(), model.NewStore(), model.NewStore()
				q := p
				q.config = xsam.SGDConfig()
				if _, err := q.run(plain, 3); err != nil {
					t.Fatal(err)
				}
				if _, err := p.run(whole, 3); err != nil {
					t.Fatal(err)
				}
				p.micro = 2
				if _, err := p.run(cut, 3); err != nil {
					t.Fatal(err)
				}
				want := float64s(plain, "/w")
				if got := float64s(whole, "/w"); !near(got, want, 1e-4) {
					t.Errorf("w = %v, plain descent %v", got, want)
				}
				if got := float64s(cut, "/w"); !near(got, want, 1e-4) {
					t.Errorf("in two parts w = %v, plain descent %v", got, want)
				}
			})
		}
	}
}
