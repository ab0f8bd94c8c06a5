package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
)

// All numbers here are sums of few powers of two, so that every engine and type gives them exactly.
func TestSGDByHand(t *testing.T) {
	tests := []struct {
		name string
		sgd  *optim.SGDConfig
		want []float64 // w after 1, 2, 3 steps with g = 1 from w = 4
	}{
		{"plain: w − lr·g", optim.SGD(0.5), []float64{3.5, 3, 2.5}},
		{"weight decay: g + λw", optim.SGD(0.5).WeightDecay(0.25), []float64{3, 2.125, 1.359375}},
		{"momentum: m = 1, 1.5, 1.75", optim.SGD(0.5).Momentum(0.5), []float64{3.5, 2.75, 1.875}},
		{"momentum and weight decay: decay goes through m", optim.SGD(0.5).Momentum(0.5).WeightDecay(0.25),
			[]float64{3, 1.625, 0.234375}},
		{"Nesterov: g + μm", optim.SGD(0.5).Momentum(0.5).Nesterov(true), []float64{3.25, 2.375, 1.4375}},
		{"Nesterov and weight decay", optim.SGD(0.5).Momentum(0.5).Nesterov(true).WeightDecay(0.25),
			[]float64{2.5, 1.03125, -0.240234375}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
				m := newMachine(t, b, model.NewStore(), dtype, tt.sgd.Done(), []float64{4})
				for i, want := range tt.want {
					m.step([]float64{1})
					if got := m.w(0); got[0] != want {
						t.Fatalf("w after %d steps = %v, want %v", i+1, got[0], want)
					}
				}
				if step := floats(t, m.store, "/global_step")[0]; step != 3 {
					t.Errorf("global_step after 3 steps = %v, want 3", step)
				}
			})
		})
	}
}

// On ½hw² the momentum method is the recurrence w₊ = (1 + μ − lr·h)w − μw₋. With μ = (1 − √(lr·h))², critical damping,
// its double root is √μ, so that w_t = (1 + B·t)·√μ^t with B fixed by w₁ = 1 − lr·h.
func TestSGDMomentumOnAQuadratic(t *testing.T) {
	const lr, h, steps = 0.1, 2.5, 20
	root := 1 - math.Sqrt(lr*h) // 0.5
	slope := (1-lr*h)/root - 1
	eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
		m := newMachine(t, b, model.NewStore(), dtype, optim.SGD(lr).Momentum(root*root).Done(), []float64{1})
		for step := 1; step <= steps; step++ {
			m.step([]float64{h * m.w(0)[0]})
			want := (1 + slope*float64(step)) * math.Pow(root, float64(step))
			if got := m.w(0); !near(got, []float64{want}, rounding(dtype)) {
				t.Fatalf("w after %d steps = %v, want %v", step, got[0], want)
			}
		}
	})
}

func TestDecayBiasesAndNorms(t *testing.T) {
	tests := []struct {
		name         string
		all          bool
		vector, grid float64 // from 1 with g = 0, lr = 0.5, λ = 0.5
	}{
		{"on everything", true, 0.75, 0.75},
		{"on variables with two axes or more", false, 1, 0.75},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := testbackend.Go(t)
			opt := optim.SGD(0.5).WeightDecay(0.5).DecayBiasesAndNorms(tt.all).Done()
			m := newMachine(t, b, model.NewStore(), dtypes.Float64, opt, []float64{1, 1}, []float64{1, 1})
			m.step([]float64{0, 0}, []float64{0, 0})
			if got := m.w(0)[1]; got != tt.vector {
				t.Errorf("the variable with one axis = %v, want %v", got, tt.vector)
			}
			if got := m.w(1)[1]; got != tt.grid {
				t.Errorf("the variable with two axes = %v, want %v", got, tt.grid)
			}
		})
	}
}

func TestSGDState(t *testing.T) {
	state := func(m *machine) (paths []string) {
		for v := range m.store.IterVariables() {
			if strings.HasPrefix(v.Path(), "/SGDOptimizer/") {
				paths = append(paths, v.Path())
				if v.Trainable {
					t.Errorf("%s is trainable", v.Path())
				}
			}
		}
		return paths
	}
	b := testbackend.Go(t)

	m := newMachine(t, b, model.NewStore(), dtypes.Float64, optim.SGD(1).Done(), []float64{1}, []float64{2})
	m.step([]float64{1}, []float64{1})
	if got := state(m); len(got) != 0 {
		t.Errorf("without momentum SGD keeps %v, want nothing", got)
	}

	opt := optim.SGD(1).Momentum(0.5).Done()
	m = newMachine(t, b, model.NewStore(), dtypes.Float64, opt, []float64{1}, []float64{2})
	m.step([]float64{3}, []float64{5})
	if got := state(m); len(got) != 2 {
		t.Errorf("with momentum SGD keeps %v, want one variable a parameter", got)
	}
	if got := floats(t, m.store, "/SGDOptimizer/w1_momentum"); got[0] != 5 {
		t.Errorf("momentum after one step = %v, want the gradient, 5", got[0])
	}
	if err := opt.Clear(m.store.RootScope()); err != nil {
		t.Fatal(err)
	}
	if got := state(m); len(got) != 0 {
		t.Errorf("Clear leaves %v", got)
	}
}

func TestSGDConfigIsCopiedByDone(t *testing.T) {
	c := optim.SGD(0.5)
	opt := c.Done()
	c.WeightDecay(100)
	m := newMachine(t, testbackend.Go(t), model.NewStore(), dtypes.Float64, opt, []float64{1})
	m.step([]float64{1})
	if got := m.w(0)[0]; got != 0.5 {
		t.Errorf("w = %v, want 0.5: a setting after Done reached the optimizer", got)
	}
}

func TestSGDValidate(t *testing.T) {
	tests := []struct {
		name string
		sgd  *optim.SGDConfig
		want string
	}{
		{"a good one", optim.SGD(0.1).Momentum(0.9).Nesterov(true).WeightDecay(5e-4), ""},
		{"learning rate 0", optim.SGD(0), "learning rate is 0"},
		{"learning rate NaN", optim.SGD(math.NaN()), "learning rate is NaN"},
		{"learning rate infinite", optim.SGD(math.Inf(1)), "learning rate is +Inf"},
		{"momentum 1", optim.SGD(1).Momentum(1), "momentum is 1"},
		{"momentum NaN", optim.SGD(1).Momentum(math.NaN()), "momentum is NaN"},
		{"negative weight decay", optim.SGD(1).WeightDecay(-1), "weight decay is -1"},
		{"Nesterov without momentum", optim.SGD(1).Nesterov(true), "Nesterov without momentum"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.sgd.Validate()
			if tt.want == "" {
				if err != nil {
					t.Fatalf("Validate() = %v, want no error", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Validate() = %v, want an error with %q", err, tt.want)
			}
			if err := exceptions.TryCatch[error](func() { tt.sgd.Done() }); err == nil {
				t.Error("Done did not panic")
			}
		})
	}
}
