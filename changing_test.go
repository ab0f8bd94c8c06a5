package xsam_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// v is of length 1 over what is trained, whatever is frozen, unfrozen and added on the way, with new trainers and with
// one that goes on; λ is that of what is trained.
func TestWhatIsTrainedMayChange(t *testing.T) {
	b := testbackend.Go(t)
	for _, oneTrainer := range []bool{false, true} {
		for name, config := range map[string]xsam.Config{"xsam": xsam.DefaultConfig(), "lite": xsam.LiteConfig(),
			"paper": xsam.PaperConfig()} {
			t.Run(fmt.Sprint(name, " one trainer ", oneTrainer), func(t *testing.T) {
				frozen := map[string]bool{}
				third := false
				obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
					g := in[0].Graph()
					out := []*graph.Node{scope.VariableWithValue("a", 1.0).SetTrainable(!frozen["a"]).NodeValue(g),
						scope.VariableWithValue("b", 1.0).SetTrainable(!frozen["b"]).NodeValue(g)}
					if third {
						out = append(out, scope.VariableWithValue("c", 1.0).NodeValue(g))
					}
					return out
				}, func(_, p []*graph.Node) *graph.Node { // (a² + 4b² + 9c²)/2
					sum := graph.Add(graph.MulScalar(graph.Square(p[0]), 0.5), graph.MulScalar(graph.Square(p[1]), 2))
					if len(p) > 2 {
						sum = graph.Add(sum, graph.MulScalar(graph.Square(p[2]), 4.5))
					}
					return sum
				})
				store := model.NewStore()
				opt, err := xsam.New(obj, optim.SGD(0.001).Done(), config)
				if err != nil {
					t.Fatal(err)
				}
				trainer := train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
				ds := opt.Schedule(store, four())
				freeze := func(name string, off bool) {
					frozen[name] = off
					store.GetVariable("/" + name).SetTrainable(!off)
				}
				steps := func(n int, lambda float64, names ...string) {
					t.Helper()
					if !oneTrainer {
						trainer = train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
					}
					var stats xsam.StepStats
					for range n {
						if _, err := train.NewLoop(trainer).RunSteps(ds, 1); err != nil {
							t.Fatal(err)
						}
						var sum float64
						for _, n := range names {
							x := float64s(store, xsam.Scope+"/eigenvector/"+n)[0]
							sum += x * x
						}
						if math.Abs(sum-1) > 1e-9 {
							t.Fatalf("‖v‖² over %v is %v", names, sum)
						}
						stats, err = opt.Stats(store)
						if err != nil {
							t.Fatal(err)
						}
					}
					if math.Abs(stats.Lambda-lambda) > 0.05*lambda {
						t.Errorf("λ = %v after %d steps with %v, want %v", stats.Lambda, n, names, lambda)
					}
				}
				steps(21, 4, "a", "b")
				freeze("b", true)
				steps(6, 1, "a")
				freeze("b", false)
				steps(11, 4, "a", "b")
				freeze("a", true)
				steps(6, 4, "b")
				freeze("a", false)
				third = true
				if oneTrainer { // the model itself has changed: GoMLX wants to be told
					trainer = newTrainer(b, store, obj, opt)
				}
				steps(21, 9, "a", "b", "c")
			})
		}
	}
}

func newTrainer(b compute.Backend, store *model.Store, obj *objective.Objective, opt *xsam.Optimizer) *train.Trainer {
	return train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
}
