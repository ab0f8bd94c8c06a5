package xsam_test

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
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

// Programs as users of GoMLX write them, and what plain GoMLX, or the undivided batch, makes of them.

// data yields what the function gives, without end.
type data func() train.Batch

func (data) Name() string { return "data" }

func (d data) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(d(), nil) {
		}
	}
}

// four yields four rows with the labels 3, and what else there is to labels.
func four(more ...any) data {
	return func() train.Batch {
		labels := []*tensors.Tensor{f64([]float64{3, 3, 3, 3}, 4)}
		for _, m := range more {
			labels = append(labels, tensors.MustFromAnyValue(m))
		}
		return train.Batch{Inputs: []*tensors.Tensor{f64([]float64{1, 0, 1, 0, 0, 1, 0, 1}, 4, 2)}, Labels: labels}
	}
}

func f64(v []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(v, dims...)
}

// program is a user's program: n updates of a fresh optimizer on a store.
type program struct {
	backend compute.Backend
	obj     *objective.Objective
	config  xsam.Config
	base    optimizer.Interface
	data    train.Dataset
	micro   int // 0: batches are not cut
}

func (p program) run(store *model.Store, n int) (xsam.StepStats, error) {
	base := p.base
	if base == nil {
		base = optim.SGD(0.1).Done()
	}
	opt, err := xsam.New(p.obj, base, p.config)
	if err != nil {
		return xsam.StepStats{}, err
	}
	return p.runWith(store, opt, n)
}

func (p program) runWith(store *model.Store, opt *xsam.Optimizer, n int) (xsam.StepStats, error) {
	ds, count := opt.Schedule(store, p.data), n
	if p.micro > 0 {
		var err error
		if ds, err = opt.Accumulate(store, p.data, p.micro); err != nil {
			return xsam.StepStats{}, err
		}
		count = 0
		for i := range n {
			count += p.config.MicroSteps(int64(i), p.micro)
		}
	}
	trainer := train.NewTrainer(p.backend, store, p.obj.ModelFn, p.obj.LossFn, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(ds, count); err != nil {
		return xsam.StepStats{}, err
	}
	return opt.Stats(store)
}

func float64s(store *model.Store, path string) []float64 {
	return slices.Clone(tensors.MustCopyFlatData[float64](store.GetVariable(path).MustValue()))
}

// bent is z + z²/10 with z = w·x and w = (0.1, 0.2) at first; extra may do more in training.
func bent(lossFn train.LossFn, extra func(scope *model.Scope, g *graph.Graph, w *model.Variable)) *objective.Objective {
	return objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		w := scope.VariableWithValue("w", []float64{0.1, 0.2})
		if extra != nil && scope.IsTraining(g) {
			extra(scope, g, w)
		}
		z := graph.Einsum("bi,i->b", in[0], w.NodeValue(g))
		return []*graph.Node{graph.Add(z, graph.MulScalar(graph.Square(z), 0.1))} // so that λ has a derivative
	}, lossFn)
}

// everySchedule has configurations with every kind of step and pass that batches may be cut for.
func everySchedule() map[string]xsam.Config {
	return map[string]xsam.Config{"sgd": xsam.SGDConfig(), "sam": xsam.SAMConfig(), "xsam": xsam.DefaultConfig(),
		"lite": xsam.LiteConfig(), "looksam": xsam.LookSAMConfig(), "nsam": xsam.NSAMConfig()}
}

// The losses of users divide by all sorts of things. A batch that is cut is updated as the undivided one, whatever that
// is, in every schedule.
func TestAccumulateDividesAsTheLossDoes(t *testing.T) {
	b := testbackend.Go(t)
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	float := func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float64) }
	mask, weights := []bool{true, true, true, false}, []float64{1, 2, 0.25, 4}
	for name, c := range map[string]struct {
		loss  train.LossFn
		data  data
		tells func(*objective.Objective) *objective.Objective
	}{
		"one loss a row":  {loss: square, data: four()},
		"mean":            {loss: loss.MeanSquaredError, data: four()},
		"GoMLX's mask":    {loss: loss.MeanSquaredError, data: four(mask)},
		"GoMLX's weights": {loss: loss.MeanSquaredError, data: four(weights)},
		"both":            {loss: loss.MeanAbsoluteError, data: four(weights, mask)},
		"an empty half":   {loss: loss.MeanSquaredError, data: four([]bool{true, true, false, false})},
		"tokens counted": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))),
				graph.AddScalar(graph.ReduceAllSum(float(l[1])), 1e-9))
		}},
		"divided by the weights": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.ReduceAllSum(l[1]))
		}},
		"times one over the weights": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Mul(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.Reciprocal(graph.ReduceAllSum(l[1])))
		}},
		"as a contraction": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.Div(graph.Einsum("b,b->", square(l, p), l[1]), graph.ReduceAllSum(l[1]))
		}},
		"smoothed count": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.MulScalar(graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1]))),
				graph.AddScalar(graph.ReduceAllSum(float(l[1])), 1)), 0.5)
		}},
		"a guard": {data: four(mask), loss: func(l, p []*graph.Node) *graph.Node {
			n := graph.ReduceAllSum(float(l[1]))
			zero := graph.ScalarZero(n.Graph(), n.DType())
			sum := graph.ReduceAllSum(graph.Mul(square(l, p), float(l[1])))
			return graph.Where(graph.GreaterThan(n, zero), graph.Div(sum, graph.MaxScalar(n, 1)), zero)
		}},
		"a sum, said so": {data: four(), loss: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(square(l, p))
		}, tells: (*objective.Objective).Sum},
		"said by the user": {data: four(weights), loss: func(l, p []*graph.Node) *graph.Node {
			share := graph.Div(l[1], graph.ReduceAllSum(l[1]))
			return graph.ReduceAllSum(graph.Mul(square(l, p), share))
		}, tells: func(o *objective.Objective) *objective.Objective {
			return o.DividedBy(func(l, _ []*graph.Node) *graph.Node { return graph.ReduceAllSum(l[1]) })
		}},
	} {
		for method, config := range everySchedule() {
			if config.By == xsam.ByExact && config.Alpha > 0 {
				continue
			}
			t.Run(name+"/"+method, func(t *testing.T) {
				obj := bent(c.loss, nil)
				if c.tells != nil {
					obj = c.tells(obj)
				}
				p := program{backend: b, obj: obj, config: config, data: c.data}
				whole, cut := model.NewStore(), model.NewStore()
				if _, err := p.run(whole, 7); err != nil {
					t.Fatal(err)
				}
				p.micro = 2
				if _, err := p.run(cut, 7); err != nil {
					t.Fatal(err)
				}
				if got, want := float64s(cut, "/w"), float64s(whole, "/w"); !near(got, want, 1e-9) {
					t.Errorf("in two parts %v, undivided %v", got, want)
				}
			})
		}
	}
}

// What cannot be put together from parts is refused, with what to do.
func TestAccumulateRefusesWhatPartsCannotGive(t *testing.T) {
	b := testbackend.Go(t)
	square := func(l, p []*graph.Node) *graph.Node { return graph.Square(graph.Sub(p[0], l[0])) }
	weights := []float64{1, 2, 0.25, 4}
	table := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, f64([]float64{1, 2, 3, 4}, 4))
		return batch
	}
	uneven := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, f64([]float64{1, 2, 3, 4, 5, 6}, 6))
		return batch
	}
	scalar := func() train.Batch {
		batch := four()()
		batch.Inputs = append(batch.Inputs, tensors.FromScalar(2.0))
		return batch
	}
	times := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node { // a table for all rows
		w := scope.VariableWithValue("w", []float64{0.5, 0}).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Mul(graph.Einsum("bi,i->b", in[0], w), graph.ReduceAllMax(in[1]))}
	}, loss.MeanSquaredError)
	for name, c := range map[string]struct {
		obj  *objective.Objective
		data data
		want string
	}{
		"a sum": {bent(func(l, p []*graph.Node) *graph.Node { return graph.ReduceAllSum(square(l, p)) }, nil), four(),
			"Sum()"},
		"shares of a batch": {bent(func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Mul(square(l, p), graph.Div(l[1], graph.ReduceAllSum(l[1]))))
		}, nil), four(weights), "DividedBy"},
		"two divisors": {bent(func(l, p []*graph.Node) *graph.Node {
			a := graph.Div(graph.ReduceAllSum(graph.Mul(square(l, p), l[1])), graph.ReduceAllSum(l[1]))
			return graph.Add(a, graph.ReduceAllMean(square(l, p)))
		}, nil), four(weights), "one number"},
		"root of the mean": {bent(func(l, p []*graph.Node) *graph.Node {
			return graph.Sqrt(graph.ReduceAllMean(square(l, p)))
		}, nil), four(), "no sum over the rows"},
		"rows compared": {bent(func(l, p []*graph.Node) *graph.Node {
			d := graph.Sub(graph.ExpandAxes(graph.Mul(p[0], l[1]), 0), graph.ExpandAxes(l[1], 1))
			return graph.ReduceAllMean(graph.Square(d))
		}, nil), four(weights), "compares the rows"},
		"weighed by the net": {bent(func(l, p []*graph.Node) *graph.Node {
			q := graph.Exp(p[0])
			return graph.Div(graph.ReduceAllSum(graph.Mul(q, square(l, p))), graph.ReduceAllSum(q))
		}, nil), four(), "depends on the weights"},
		"a table of as many rows": {times, table, "Shared"},
		"other rows":              {times, uneven, "Shared"},
		"no rows":                 {times, scalar, "Shared"},
	} {
		t.Run(name, func(t *testing.T) {
			p := program{backend: b, obj: c.obj, config: xsam.SAMConfig(), data: c.data, micro: 2}
			store := model.NewStore()
			_, err := p.run(store, 2)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: want one that says %q; w is %v", err, c.want, float64s(store, "/w"))
			}
			if v := store.GetVariable("/w"); v != nil {
				if w := float64s(store, "/w"); w[1] != 0 && w[1] != 0.2 {
					t.Errorf("an update was made all the same: %v", w)
				}
			}
		})
	}
	shared := program{backend: b, obj: times.Shared(1), config: xsam.SAMConfig(), data: data(uneven)}
	whole, cut := model.NewStore(), model.NewStore()
	if _, err := shared.run(whole, 3); err != nil {
		t.Fatal(err)
	}
	shared.micro = 2
	if _, err := shared.run(cut, 3); err != nil {
		t.Fatal(err)
	}
	if got, want := float64s(cut, "/w"), float64s(whole, "/w"); !near(got, want, 1e-10) {
		t.Errorf("with a shared table in two parts %v, undivided %v", got, want)
	}
}

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
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for name, config := range everySchedule() {
			t.Run(name, func(t *testing.T) {
				if testing.Short() && b.Name() != testbackend.Go(t).Name() {
					t.Skip("compiling takes its time: not with -short")
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
		for _, name := range []string{"sgd", "sam", "nsam", "asam", "xsam", "xsam-lite", "looksam", "xsam-paper", "msam"} {
			t.Run(fmt.Sprint(dtype, "/", name), func(t *testing.T) {
				testbackend.Each(t, func(t *testing.T, b compute.Backend) {
					if testing.Short() && b.Name() != testbackend.Go(t).Name() {
						t.Skip("compiling takes its time: not with -short")
					}
					p := program{backend: b, obj: obj, config: xsam.Presets[name](), data: four(),
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
