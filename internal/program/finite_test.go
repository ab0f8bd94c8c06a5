package program

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/ml/model"
)

// Weights of every type are looked at.
func TestFinite(t *testing.T) {
	for _, x := range []float64{1, -3e4, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for name, value := range map[string]any{
			"float64": []float64{0, x}, "float32": []float32{0, float32(x)},
			"float16":  []float16.Float16{float16.FromFloat32(0), float16.FromFloat32(float32(x))},
			"bfloat16": []bfloat16.BFloat16{bfloat16.FromFloat32(0), bfloat16.FromFloat32(float32(x))},
		} {
			store := model.NewStore()
			store.VariableWithValue("w", value)
			finite, err := Finite(store)
			if want := !math.IsNaN(x - x); err != nil || finite != want {
				t.Errorf("%s %v: %v, %v, want %v", name, x, finite, err, want)
			}
		}
	}
}
