package optim_test

import (
	"math"
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

// A gradient that is not finite goes into weights and momentum; with GoMLX's clip_nan it counts as zero, for the whole
// variable it belongs to and for no other.
func TestSGDNonFiniteGradient(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		testbackend.Each(t, func(t *testing.T, b compute.Backend) {
			opt := optim.SGD(0.5).Momentum(0.5).Done()
			m := newMachine(t, b, model.NewStore(), dtypes.Float64, opt, []float64{1, 1}, []float64{1, 1})
			m.step([]float64{bad, 2}, []float64{2, 2})
			if got, want := m.w(0), []float64{1 - 0.5*bad, 0}; !near(got, want, 0) {
				t.Errorf("w = %v, want %v", got, want)
			}
			if got := floats(t, m.store, "/SGDOptimizer/w0_momentum"); !near(got, []float64{bad, 2}, 0) {
				t.Errorf("momentum = %v, want %v", got, []float64{bad, 2})
			}

			store := model.NewStore()
			store.SetParam(optimizer.ParamClipNaN, true)
			m = newMachine(t, b, store, dtypes.Float64, opt, []float64{1, 1}, []float64{1, 1})
			m.step([]float64{bad, 2}, []float64{2, 2})
			if got, want := m.w(0), []float64{1, 1}; !near(got, want, 0) {
				t.Errorf("clip_nan: w = %v, want %v", got, want)
			}
			if got, want := m.w(1), []float64{0, 0}; !near(got, want, 0) {
				t.Errorf("clip_nan: the other variable = %v, want %v", got, want)
			}
		})
	}
}

func TestSGDHonoursClipStepByValue(t *testing.T) {
	store := model.NewStore()
	store.SetParam(optimizer.ParamClipStepByValue, 0.25)
	m := newMachine(t, testbackend.Go(t), store, dtypes.Float64, optim.SGD(1).Done(), []float64{0, 0})
	m.step([]float64{0.125, -7})
	if got, want := m.w(0), []float64{-0.125, 0.25}; !near(got, want, 0) {
		t.Errorf("w = %v, want %v", got, want)
	}
}

// bfloat16 has 8 significant bits: in it the momentum 2 − 2⁻⁹, reached after ten steps of gradient 1, would be 2.
func TestSGDHalfPrecisionKeepsMomentumInFloat32(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		store, opt := model.NewStore(), optim.SGD(1).Momentum(0.5).Done()
		exec := halfPrecision(t, b, store, opt)
		for range 10 {
			for _, out := range exec.MustCall(float32(1)) {
				out.MustFinalizeAll()
			}
		}
		if got, want := floats(t, store, "/SGDOptimizer/w_momentum")[0], 2-1.0/512; got != want {
			t.Errorf("momentum = %v, want %v", got, want)
		}
		if dtype := store.GetVariable("/w").DType(); dtype != dtypes.BFloat16 {
			t.Errorf("the weights have become %s", dtype)
		}
	})
}

func TestSGDRefusesWrongGradients(t *testing.T) {
	exec, err := model.NewExec(testbackend.Go(t), model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node {
		v := scope.VariableWithValue("w", []float64{1})
		optim.SGD(1).Done().UpdateGraphWithGradients(scope, []*graph.Node{v.NodeValue(x.Graph()), x}, dtypes.Float64)
		return x
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = exec.Call([]float64{1})
	if err == nil || !strings.Contains(err.Error(), "2 gradients for 1 trainable variables") {
		t.Errorf("error = %v, want one that counts gradients and variables", err)
	}
}
