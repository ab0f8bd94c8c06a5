package optim_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
)

// Under a gradient that stays the same, every base moves w by a known multiple of the learning rate:
// SGD by g, Adam by g/(|g| + ε) because its two moments, without their bias, are g and g², AdamW by λw more.
func TestScheduledUnderAConstantGradient(t *testing.T) {
	const lr, g, epsilon, decay = 0.01, 3.0, 1e-3, 0.1
	schedule := optim.LinearWarmup(4, optim.Cosine(12))
	tests := []struct {
		name string
		base optimizer.Interface
		move func(w float64) float64
	}{
		{"SGD", optim.SGD(lr).Done(), func(float64) float64 { return g }},
		{"GoMLX's SGD", optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(lr).Done(),
			func(float64) float64 { return g }},
		{"GoMLX's Adam", optimizer.Adam().LearningRate(lr).Epsilon(epsilon).Done(),
			func(float64) float64 { return g / (g + epsilon) }},
		{"GoMLX's AdamW", optimizer.Adam().LearningRate(lr).Epsilon(epsilon).WeightDecay(decay).Done(),
			func(w float64) float64 { return g/(g+epsilon) + decay*w }},
		{"clipped SGD", optim.Clip(optim.SGD(lr).Done(), 2), func(float64) float64 { return 2 }},
		{"clipped Adam", optim.Clip(optimizer.Adam().LearningRate(lr).Epsilon(epsilon).Done(), 2),
			func(float64) float64 { return 2 / (2 + epsilon) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
				m := newMachine(t, b, model.NewStore(), dtype, optim.Scheduled(tt.base, schedule), []float64{1})
				want := 1.0
				for step := range 15 {
					rate := lr * schedule.Factor(step)
					want -= rate * tt.move(want)
					m.step([]float64{g})
					// 1e-10: GoMLX's Adam takes its powers of the betas with a rounding error that 1 − β₂ magnifies.
					tol := max(rounding(dtype), 1e-10)
					if got := m.w(0); !near(got, []float64{want}, tol) {
						t.Fatalf("w after %d steps = %v, want %v", step+1, got[0], want)
					}
					got := floats(t, m.store, "/optimizers/learning_rate")
					if !near(got, []float64{rate}, rounding(dtype)) {
						t.Fatalf("learning rate after %d steps = %v, want %v", step+1, got[0], rate)
					}
					if got := floats(t, m.store, "/global_step")[0]; got != float64(step+1) {
						t.Fatalf("global_step after %d steps = %v", step+1, got)
					}
				}
			})
		})
	}
}

// With weights and loss in half precision the rate is float32, and so are Adam's moments, told so or not. Half the rate
// 1/256 is added to 0, exactly.
func TestScheduledInHalfPrecision(t *testing.T) {
	for name, base := range map[string]optimizer.Interface{
		"SGD":             optim.SGD(1.0 / 256).Done(),
		"Adam":            optimizer.Adam().LearningRate(1.0 / 256).Epsilon(0).Done(),
		"Adam in float32": optimizer.Adam().LearningRate(1.0 / 256).Epsilon(0).DType(dtypes.Float32).Done(),
	} {
		t.Run(name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				opt := optim.Scheduled(base, optim.LinearWarmup(2, optim.Constant()))
				exec := halfPrecision(t, b, model.NewStore(), opt)
				if got := exec.MustCall(float32(-1))[0].Value().(float32); got != 1.0/512 {
					t.Errorf("w = %v, want 1/512", got)
				}
			})
		})
	}
}

// Clipping outside the schedule and inside it are the same.
func TestClipAndScheduledCommute(t *testing.T) {
	eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
		sgd := optim.SGD(0.1).Momentum(0.9).WeightDecay(0.01).Done()
		orders := []optim.Optimizer{
			optim.Clip(optim.Scheduled(sgd, optim.Cosine(5)), 1),
			optim.Scheduled(optim.Clip(sgd, 1), optim.Cosine(5)),
		}
		var got [2][]float64
		for i, opt := range orders {
			m := newMachine(t, b, model.NewStore(), dtype, opt, []float64{1, 2})
			for step := range 5 {
				m.step([]float64{float64(step), math.Pi})
			}
			got[i] = m.w(0)
		}
		if !near(got[0], got[1], 0) {
			t.Errorf("%v and %v", got[0], got[1])
		}
	})
}

// The rate may also be GoMLX's hyperparameter, as bases that are made by name have it; and asking for it leaves
// nothing in the store beside what the base itself keeps there.
func TestScheduledTakesTheRateOfTheHyperparameters(t *testing.T) {
	store := model.NewStore()
	store.SetParam(optimizer.ParamLearningRate, 0.25)
	base := optimizer.StochasticGradientDescent().WithDecay(false).Done()
	m := newMachine(t, testbackend.Go(t), store, dtypes.Float64, optim.Scheduled(base, optim.Cosine(2)), []float64{0})
	m.step([]float64{-8})
	m.step([]float64{-8})
	if got := m.w(0)[0]; got != 3 { // 0.25·8, then half of that
		t.Errorf("w = %v, want 3", got)
	}
	var paths []string
	for v := range store.IterVariables() {
		paths = append(paths, v.Path())
	}
	slices.Sort(paths)
	if want := []string{"/global_step", "/optimizers/learning_rate", "/w0"}; !slices.Equal(paths, want) {
		t.Errorf("the store holds %v, want %v", paths, want)
	}
}

// rateless is an optimizer that knows no learning rate.
type rateless struct{ optimizer.Interface }

func (rateless) UpdateGraphWithGradients(*model.Scope, []*graph.Node, dtypes.DType) {}

// A base whose rate cannot be scheduled, or is none, is an error of the first step.
func TestScheduledRefusesABaseWithoutARate(t *testing.T) {
	for want, base := range map[string]optimizer.Interface{
		"does not read its learning rate":              rateless{},
		"the learning rate of the base optimizer is 0": optimizer.Adam().LearningRate(0).Done(),
	} {
		opt := optim.Scheduled(base, optim.Constant())
		step := func(scope *model.Scope, x *graph.Node) *graph.Node {
			w := scope.VariableWithValue("w", 1.0).NodeValue(x.Graph())
			opt.UpdateGraphWithGradients(scope, []*graph.Node{w}, dtypes.Float64)
			return x
		}
		exec, err := model.NewExec(testbackend.Go(t), model.NewStore(), step)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = exec.Call(1.0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v: want one that says %q", err, want)
		}
	}
}
