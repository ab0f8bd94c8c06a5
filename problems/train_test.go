package problems_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/problems"
)

// Gradient descent on ½ Σ λᵢwᵢ² multiplies wᵢ by 1 − lr·λᵢ in each step.
func TestTrainingAQuadratic(t *testing.T) {
	const lr, steps = 0.25, 6
	lambda, start := []float64{1, 2, 5}, []float64{1, -0.7, 0.4}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			tol := 1e-15
			if dtype == dtypes.Float32 {
				tol = 1e-6
			}
			p := problems.NewDiagonal(lambda...)
			store := model.NewStore()
			trainer := train.NewTrainer(b, store, problems.ModelFn(p, start, dtype), problems.LossFn, optim.SGD(lr).Done(),
				nil, nil)
			if _, err := train.NewLoop(trainer).RunSteps(problems.NewDataset(), steps); err != nil {
				t.Fatal(err)
			}
			w := weights(t, store)
			for i := range w {
				if want := start[i] * math.Pow(1-lr*lambda[i], steps); !near(w[i], want, tol) {
					t.Errorf("%s: w[%d] = %v after %d steps, want %v", dtype, i, w[i], steps, want)
				}
			}
		}
	})
}

// A model that finds its weights in the store goes on from there.
func TestModelKeepsRestoredWeights(t *testing.T) {
	store := model.NewStore()
	store.VariableWithValue(problems.WeightsPath, []float64{2, 0.5})
	trainer := train.NewTrainer(testbackend.Go(t), store,
		problems.ModelFn(problems.Hyperbola{}, []float64{7, 7}, dtypes.Float64), problems.LossFn, optim.SGD(1).Done(), nil,
		nil)
	if _, err := train.NewLoop(trainer).RunSteps(problems.NewDataset(), 1); err != nil {
		t.Fatal(err)
	}
	// (2, ½) is a minimum of the hyperbola: the gradient is exactly 0.
	if got := weights(t, store); got[0] != 2 || got[1] != 0.5 {
		t.Errorf("weights %v, want [2 0.5]", got)
	}
}

// weights returns what a problem's model has in the store.
func weights(t *testing.T, store *model.Store) []float64 {
	t.Helper()
	switch w := store.GetVariable(problems.WeightsPath).MustValue().Value().(type) {
	case []float64:
		return w
	case []float32:
		wide := make([]float64, len(w))
		for i := range w {
			wide[i] = float64(w[i])
		}
		return wide
	default:
		t.Fatalf("the weights are a %T", w)
		return nil
	}
}
