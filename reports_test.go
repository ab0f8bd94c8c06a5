package xsam_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// constant is the objective of the loss of w alone.
func constant(w0 []float64, of func(w *graph.Node) *graph.Node) *objective.Objective {
	return objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		return []*graph.Node{scope.VariableWithValue("w", slices.Clone(w0)).NodeValue(in[0].Graph())}
	}, func(_, p []*graph.Node) *graph.Node { return of(p[0]) })
}

// Clipping and weight decay belong to the base optimizer: they see the corrected gradient at w + ε, once. Those of the
// first pass would change ε.
func TestClippingAndDecayComeAfterTheCorrection(t *testing.T) {
	h, w, rho, lr, limit, decay := []float64{4, 1}, []float64{1, -2}, 0.5, 0.1, 0.25, 0.3
	config := xsam.SAMConfig()
	config.Rho = rho
	g := []float64{h[0] * w[0], h[1] * w[1]}
	n := math.Hypot(g[0], g[1])
	adversarial := []float64{h[0] * (w[0] + rho*g[0]/n), h[1] * (w[1] + rho*g[1]/n)}
	m := math.Hypot(adversarial[0], adversarial[1])
	for name, c := range map[string]struct {
		base optimizer.Interface
		want []float64
	}{
		"clip":  {optim.Clip(optim.SGD(lr).Done(), limit), []float64{w[0] - lr*limit*adversarial[0]/m, w[1] - lr*limit*adversarial[1]/m}},
		"decay": {optim.SGD(lr).WeightDecay(decay).Done(), []float64{w[0] - lr*(adversarial[0]+decay*w[0]), w[1] - lr*(adversarial[1]+decay*w[1])}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLabWith(t, testbackend.Go(t), model.NewStore(), constant(w, quadratic(h...)), c.base, config, nothing{})
			l.step(1)
			if !near(l.w(), c.want, 1e-12) {
				t.Errorf("w = %v, by hand %v", l.w(), c.want)
			}
		})
	}
}

// A learning rate that warms up from 0: the first step moves nothing, and nothing is lost.
func TestLearningRateFromZero(t *testing.T) {
	for name, config := range everySchedule() {
		t.Run(name, func(t *testing.T) {
			obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
				g := in[0].Graph()
				if scope.IsTraining(g) {
					step := graph.ConvertDType(optimizer.GetGlobalStepVar(scope).NodeValue(g), dtypes.Float64)
					rate := graph.MulScalar(graph.MinScalar(graph.DivScalar(step, 4), 1), 0.1)
					optimizer.LearningRateVar(scope, dtypes.Float64, 0.1).SetNodeValue(rate)
				}
				return []*graph.Node{scope.VariableWithValue("w", []float64{1, -2}).NodeValue(g)}
			}, func(_, p []*graph.Node) *graph.Node { return quadratic(4, 1)(p[0]) })
			base := optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(0.1)
			l := newLabWith(t, testbackend.Go(t), model.NewStore(), obj, base, config, nothing{})
			l.step(1)
			if !slices.Equal(l.w(), []float64{1, -2}) {
				t.Errorf("w = %v after a step of rate 0", l.w())
			}
			l.step(11)
			if loss := l.stats().Loss; !(loss < 3) {
				t.Errorf("loss %v after 12 steps, from 4", loss)
			}
		})
	}
}

// Loss and gradient exactly 0: nothing moves, nothing is NaN but what is not known.
func TestZeroGradient(t *testing.T) {
	for name, preset := range xsam.Presets {
		t.Run(name, func(t *testing.T) {
			base := optim.SGD(0.1).Momentum(0.9).Done()
			l := newLabWith(t, testbackend.Go(t), model.NewStore(), constant([]float64{0, 0}, func(w *graph.Node) *graph.Node {
				return graph.MulScalar(graph.ReduceAllSum(graph.Square(w)), 0)
			}), base, preset().ForRun(8), nothing{})
			l.step(8)
			if !slices.Equal(l.w(), []float64{0, 0}) {
				t.Errorf("w = %v, want 0", l.w())
			}
		})
	}
}

// A batch whose loss is not finite does not reach v, in parts either.
func TestBatchThatIsNotFiniteLeavesV(t *testing.T) {
	for _, micro := range []int{0, 2} {
		i := 0
		bad := data(func() train.Batch {
			batch := four()()
			if i++; i == 6 { // a pair step
				batch.Labels[0] = f64([]float64{3, 3, math.NaN(), 3}, 4)
			}
			return batch
		})
		store := model.NewStore()
		p := program{backend: testbackend.Go(t), obj: bent(loss.MeanSquaredError, nil), config: xsam.DefaultConfig(), data: bad,
			micro: micro}
		_, _ = p.run(store, 6) // GoMLX's loop stops at the loss
		v := float64s(store, xsam.Scope+"/eigenvector/w")
		if sum := v[0]*v[0] + v[1]*v[1]; !(math.Abs(sum-1) < 1e-9) {
			t.Errorf("in %d parts: v = %v", micro, v)
		}
	}
}

func TestComplexParametersAreRefused(t *testing.T) {
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		w := scope.VariableWithValue("w", []complex128{1, 2i}).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Real(w)}
	}, func(_, p []*graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(p[0])) })
	_, err := program{backend: testbackend.XLA(t), obj: obj, config: xsam.SAMConfig(), data: four()}.run(model.NewStore(), 1)
	if err == nil || !strings.Contains(err.Error(), "/w is complex") {
		t.Errorf("error %v: want one that names the parameter", err)
	}
}

// Several inputs, and a last batch that is shorter: each shape has its own graph, and the state goes through all.
func TestRaggedBatches(t *testing.T) {
	for name, config := range everySchedule() {
		t.Run(name, func(t *testing.T) {
			i := 0
			ragged := data(func() train.Batch {
				n := 4
				if i++; i%3 == 0 {
					n = 1
				}
				x := []float64{1, 0, 1, 0.5, 0, 1, 0.25, 1}
				return train.Batch{Inputs: []*tensors.Tensor{f64(x[:2*n], n, 2), f64(x[:n], n)},
					Labels: []*tensors.Tensor{f64([]float64{3, 3, 3, 3}[:n], n)}}
			})
			obj := objective.New(func(scope *model.Scope, x, y *graph.Node) *graph.Node {
				g := x.Graph()
				w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(g)
				return graph.Add(graph.Einsum("bi,i->b", x, w), graph.Mul(scope.VariableWithValue("u", 0.1).NodeValue(g), y))
			}, loss.MeanSquaredError)
			stats, err := program{backend: testbackend.Go(t), obj: obj, config: config, data: ragged}.run(model.NewStore(), 12)
			if err != nil || !(stats.Loss < 4) {
				t.Errorf("loss %v, error %v", stats.Loss, err)
			}
		})
	}
}

// The metrics are what Stats says.
func TestMetrics(t *testing.T) {
	obj, store := bent(loss.MeanSquaredError, nil), model.NewStore()
	opt, err := xsam.New(obj, optim.SGD(0.1).Done(), xsam.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	trainer := train.NewTrainer(testbackend.Go(t), store, obj.ModelFn, obj.LossFn, opt, opt.Metrics(), nil)
	got, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, four()), 9)
	if err != nil {
		t.Fatal(err)
	}
	stats, err := opt.Stats(store)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{stats.Lambda, stats.AngleDeg, stats.GradNorm}
	for i, m := range got[len(got)-3:] {
		if x := float64(tensors.ToScalar[float32](m)); !(math.Abs(x-want[i]) <= 1e-4*math.Abs(want[i])) {
			t.Errorf("metric %d is %v, Stats has %v", i, x, want[i])
		}
	}
}

// A last batch of a single example under batch norm, whose variance is 0: nothing is lost.
func TestLastBatchOfOneUnderBatchNorm(t *testing.T) {
	for name, config := range everySchedule() {
		i := 0
		ragged := data(func() train.Batch {
			n := 4
			if i++; i%3 == 0 {
				n = 1
			}
			x := []float64{1, 0, 1, 0.5, 0, 1, 0.25, 1}
			return train.Batch{Inputs: []*tensors.Tensor{f64(x[:2*n], n, 2)}, Labels: []*tensors.Tensor{f64([]float64{3, 1, 2, 3}[:n], n)}}
		})
		obj := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
			w := scope.VariableWithValue("w", []float64{0.1, 0.2}).NodeValue(x.Graph())
			x = layers.BatchNorm(scope.In("norm"), graph.Mul(x, graph.ExpandLeftToRank(w, 2))).Done()
			return graph.ReduceSum(x, 1)
		}, loss.MeanSquaredError)
		store := model.NewStore()
		stats, err := program{backend: testbackend.Go(t), obj: obj, config: config, data: ragged}.run(store, 12)
		if err != nil || !(stats.Loss < 10) {
			t.Errorf("%s: loss %v, error %v", name, stats.Loss, err)
		}
		for _, x := range float64s(store, "/w") {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				t.Errorf("%s: w is not finite", name)
			}
		}
	}
}
