package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
)

// With SGD at learning rate 1 from w = 0, the weights become minus the gradient that SGD got.
func TestClip(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name      string
		maxNorm   float64
		a, b      []float64 // the gradients of two variables
		wantA     []float64
		wantB     []float64
		tolerance float64 // relative to the largest entry wanted
	}{
		{"the norm is over all variables: ‖(3, 4)‖ = 5", 1, []float64{3}, []float64{4}, []float64{0.6}, []float64{0.8}, 2e-7},
		{"a shorter gradient is handed on bit for bit", 5.0001, []float64{3}, []float64{4}, []float64{3}, []float64{4}, 0},
		{"so is one of exactly that norm", 5, []float64{3}, []float64{4}, []float64{3}, []float64{4}, 0},
		{"signs stay", 13, []float64{-10, 0}, []float64{24}, []float64{-5, 0}, []float64{12}, 2e-7},
		{"zero stays zero", 1, []float64{0}, []float64{0}, []float64{0}, []float64{0}, 0},
		{"squares that would overflow in float32", 1, []float64{3e30}, []float64{4e30}, []float64{0.6}, []float64{0.8}, 4e-7},
		{"squares that would underflow in float32", 1e-33, []float64{3e-30}, []float64{4e-30}, []float64{6e-34},
			[]float64{8e-34}, 4e-7},
		{"an infinity goes on with the rest as it is", 1, []float64{inf}, []float64{4}, []float64{inf}, []float64{4}, 0},
		{"a NaN too", 1, []float64{nan, 7}, []float64{4}, []float64{nan, 7}, []float64{4}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
				opt := optim.Clip(optim.SGD(1).Done(), tt.maxNorm)
				m := newMachine(t, b, model.NewStore(), dtype, opt, make([]float64, len(tt.a)), make([]float64, len(tt.b)))
				m.step(tt.a, tt.b)
				gotA, gotB := minus(m.w(0)), minus(m.w(1))
				if !closeTo(gotA, tt.wantA, tt.tolerance) || !closeTo(gotB, tt.wantB, tt.tolerance) {
					t.Errorf("gradient (%v, %v) clipped to norm %v = (%v, %v), want (%v, %v)",
						tt.a, tt.b, tt.maxNorm, gotA, gotB, tt.wantA, tt.wantB)
				}
			})
		})
	}
}

// Around Adam of GoMLX, which takes its constants in the type of the loss, a step in bfloat16 is as one in float32: in
// bfloat16 itself β₂ would be 1, and the weights NaN.
func TestClipOfAdamInHalfPrecision(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		step := halfPrecision(t, b, model.NewStore(), optim.Clip(optimizer.Adam().LearningRate(0.125).Done(), 1))
		w := float32(0)
		for range 5 {
			w = tensors.ToScalar[float32](step.MustCall(float32(0.5))[0])
		}
		if !(math.Abs(float64(w)+5*0.125) < 0.02) { // against a gradient that stays each step is the learning rate
			t.Errorf("w = %v after five steps of 0.125, want about -0.625", w)
		}
	})
}

// Clip leaves a gradient that is not finite alone, so clip_nan can still do its work in the base: the variable it
// belongs to stays, the others move.
func TestClipWithClipNaN(t *testing.T) {
	store := model.NewStore()
	store.SetParam(optimizer.ParamClipNaN, true)
	opt := optim.Clip(optim.SGD(1).Done(), 10)
	m := newMachine(t, testbackend.Go(t), store, dtypes.Float64, opt, []float64{0}, []float64{0})
	m.step([]float64{math.Inf(-1)}, []float64{2})
	if a, b := m.w(0)[0], m.w(1)[0]; a != 0 || b != -2 {
		t.Errorf("w = (%v, %v), want (0, -2)", a, b)
	}
}

func TestClipRefuses(t *testing.T) {
	for _, maxNorm := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		err := exceptions.TryCatch[error](func() { optim.Clip(optim.SGD(1).Done(), maxNorm) })
		if err == nil || !strings.Contains(err.Error(), "want a finite number > 0") {
			t.Errorf("Clip(_, %v): error %v, want one that says what norm is wanted", maxNorm, err)
		}
	}
	err := exceptions.TryCatch[error](func() { optim.Clip(lossOnly{}, 1) })
	if err == nil || !strings.Contains(err.Error(), "does not take gradients") {
		t.Errorf("Clip of an optimizer without gradients: error %v, want one that says so", err)
	}
}

// lossOnly is an optimizer that works from the loss alone.
type lossOnly struct{ optimizer.Interface }

func minus(x []float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = 0 - x[i]
	}
	return y
}

// closeTo tells whether got is want up to tol times the largest magnitude in want.
func closeTo(got, want []float64, tol float64) bool {
	scale := 0.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i := range got {
		equal := got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i])
		if !equal && !(math.Abs(got[i]-want[i]) <= tol*scale) {
			return false
		}
	}
	return true
}
