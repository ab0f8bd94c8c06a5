package xsam_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// State that the loss reads and that goes on once per update is in every pass of a cut update what it is in those of an
// undivided one: a weight annealed by a counter, the vector of a spectral norm.
func TestStateOfAnUpdate(t *testing.T) {
	b := testbackend.Go(t)
	annealed := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		g, z := x.Graph(), lineOf(scope, x)
		n := scope.VariableWithValue("n", 0.0).SetTrainable(false)
		share := graph.MulScalar(n.NodeValue(g), 0.1)
		if scope.IsTraining(g) {
			n.SetNodeValue(graph.AddScalar(n.NodeValue(g), 1))
		}
		train.AddMainLoss(graph.Mul(share, graph.ReduceAllMean(graph.Square(z))))
		return z
	}, loss.MeanSquaredError)
	spectral := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		g := x.Graph()
		w := scope.VariableWithValue("w", [][]float64{{0.7, -0.4, 0.2}, {0.1, 0.2, 0.9}}).NodeValue(g)
		u := scope.VariableWithValue("u", []float64{1, 0}).SetTrainable(false)
		unit := func(x *graph.Node) *graph.Node {
			return graph.Div(x, graph.Sqrt(graph.ReduceAllSum(graph.Square(x))))
		}
		held := graph.StopGradient(w)
		right := unit(graph.Einsum("ij,i->j", held, u.NodeValue(g)))
		left := unit(graph.Einsum("ij,j->i", held, right))
		if scope.IsTraining(g) {
			u.SetNodeValue(left)
		}
		norm := graph.Einsum("i,i->", left, graph.Einsum("ij,j->i", w, right))
		return graph.ReduceSum(graph.Tanh(graph.Einsum("bi,ij->bj", x, graph.Div(w, norm))), -1)
	}, loss.MeanSquaredError)
	for name, obj := range map[string]*objective.Objective{"annealed": annealed, "spectral norm": spectral} {
		for method, config := range everySchedule() {
			t.Run(name+"/"+method, func(t *testing.T) {
				p := program{backend: b, obj: obj, config: config, data: eight()}
				whole, cut := model.NewStore(), model.NewStore()
				if _, err := p.run(whole, 5); err != nil {
					t.Fatal(err)
				}
				p.micro = 4
				if _, err := p.run(cut, 5); err != nil {
					t.Fatal(err)
				}
				for _, path := range []string{"/w", "/n", "/u"} {
					if whole.GetVariable(path) == nil {
						continue
					}
					if got, want := float64s(cut, path), float64s(whole, path); !near(got, want, 1e-9) {
						t.Errorf("%s: in four parts %v, undivided %v", path, got, want)
					}
				}
			})
		}
	}
}

// heads is a trunk with a head for each task; the task is the Spec of a batch.
func heads() (*objective.Objective, func(task string) train.Batch) {
	obj := objective.New(func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		trunk := scope.VariableWithValue("trunk", [][]float64{{0.7, -0.4}, {0.1, 0.2}}).NodeValue(g)
		head := scope.VariableWithValue("head"+spec.(string), []float64{0.5, 0.3}).NodeValue(g)
		return []*graph.Node{graph.Einsum("bj,j->b", graph.Tanh(graph.Einsum("bi,ij->bj", in[0], trunk)), head)}
	}, loss.MeanSquaredError)
	return obj, func(task string) train.Batch {
		batch := eight()()
		batch.Spec = task
		return batch
	}
}

// With a head for each task v is of length 1 over what a step trains, and what is known of λ is not lost with every
// change of the task.
func TestHeadsInTurn(t *testing.T) {
	obj, batch := heads()
	for name, config := range map[string]xsam.Config{"xsam": xsam.DefaultConfig(), "lite": xsam.LiteConfig()} {
		t.Run(name, func(t *testing.T) {
			n := 0
			tasks := data(func() train.Batch { n++; return batch([]string{"A", "B", "B"}[(n-1)%3]) })
			opt, err := xsam.New(obj, optim.SGD(0.01).Done(), config)
			if err != nil {
				t.Fatal(err)
			}
			store := model.NewStore()
			loop := train.NewLoop(newTrainer(testbackend.Go(t), store, obj, opt))
			unknown := 0
			loop.OnStep("v", 0, func(*train.Loop, []*tensors.Tensor) error {
				sum := 0.0
				for _, name := range []string{"trunk", "head" + []string{"A", "B", "B"}[(n-1)%3]} {
					for _, x := range float64s(store, xsam.Scope+"/eigenvector/"+name) {
						sum += x * x
					}
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Errorf("step %d: ‖v‖² over what it trained is %v", n, sum)
				}
				stats, err := opt.Stats(store)
				if math.IsNaN(stats.Lambda) {
					unknown++
				}
				return err
			})
			if _, err := loop.RunSteps(opt.Schedule(store, tasks), 60); err != nil {
				t.Fatal(err)
			}
			if unknown > 2 {
				t.Errorf("λ was unknown after %d of 60 steps", unknown)
			}
		})
	}
}

// Parameters that are frozen between the micro-batches of an update would be updated by half.
func TestNothingIsFrozenWithinAnUpdate(t *testing.T) {
	obj, batch := heads()
	opt, err := xsam.New(obj, optim.SGD(0.01).Done(), xsam.SAMConfig())
	if err != nil {
		t.Fatal(err)
	}
	for at, refused := range map[int]bool{2: true, 5: true, 7: false} {
		store := model.NewStore()
		ds, err := opt.Accumulate(store, data(func() train.Batch { return batch("A") }), 4)
		if err != nil {
			t.Fatal(err)
		}
		loop, step := train.NewLoop(newTrainer(testbackend.Go(t), store, obj, opt)), 0
		loop.OnStep("freeze", 0, func(*train.Loop, []*tensors.Tensor) error {
			if step == at {
				store.GetVariable("/headA").SetTrainable(false)
			}
			step++
			return nil
		})
		_, err = loop.RunSteps(ds, 16)
		if got := err != nil && strings.Contains(err.Error(), "in the middle of an update"); got != refused {
			t.Errorf("frozen after step %d: error %v", at, err)
		}
	}
}

// What runs once per update sees the weights that the step began with, whatever passes the step makes: here the hook
// notes the model's own prediction.
func TestHooksSeeTheWeights(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		z, seen := lineOf(scope, x), scope.VariableWithValue("seen", 0.0).SetTrainable(false)
		if g := x.Graph(); scope.IsTraining(g) {
			mean := graph.ReduceAllMean(z)
			train.AddPerStepUpdateGraphFn(scope, g, func(*model.Scope, *graph.Graph) { seen.SetNodeValue(mean) })
		}
		return z
	}, loss.MeanSquaredError)
	for name, config := range everySchedule() {
		config.Rho = min(config.Rho*20, 1) // far from w
		want := math.NaN()
		for _, micro := range []int{0, 1} {
			store := model.NewStore()
			p := program{backend: testbackend.Go(t), obj: obj, config: config, data: eight(), micro: micro}
			if _, err := p.run(store, 1); err != nil {
				t.Fatal(err)
			}
			if math.IsNaN(want) { // of w = (0.1, 0.2), over all rows
				x := eight()().Inputs[0]
				for i, xi := range tensors.MustCopyFlatData[float64](x) {
					if i == 0 {
						want = 0
					}
					want += xi * []float64{0.1, 0.2}[i%2] / 8
				}
			}
			if got := float64s(store, "/seen")[0]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s, micro-batches %d: the hook saw %v, want %v", name, micro, got, want)
			}
		}
	}
}

// A data set may say by its Spec which loss a batch has. Each is looked at.
func TestEverySpecIsLookedAt(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
		z := lineOf(scope, in[0])
		if spec == "rank" {
			z = graph.Sub(z, graph.ReduceAllMean(z))
		}
		return []*graph.Node{z}
	}, loss.MeanSquaredError)
	n := 0
	p := program{backend: testbackend.Go(t), obj: obj, config: xsam.SGDConfig(), micro: 2, data: data(func() train.Batch {
		batch := eight()()
		batch.Spec = []string{"fit", "fit", "rank"}[n]
		n++
		return batch
	})}
	if _, err := p.run(model.NewStore(), 3); err == nil || !strings.Contains(err.Error(), "whole batch") || n != 3 {
		t.Errorf("batch %d: error %v", n, err)
	}
}
