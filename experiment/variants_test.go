package experiment

import (
	"math"
	"testing"
)

// Every choice that a recipe offers trains. What the choices compute is tested where they are made: xsam, optim, datasets.
func TestVariants(t *testing.T) {
	engine := goEngine(t)
	tests := []struct {
		name      string
		method    string
		gradients float64 // of the 4 steps of an epoch, a product counting 2
		change    func(*Recipe)
	}{
		{"asam", "asam", 8, nil},
		// Step 3 refreshes: a gradient and five products.
		{"xsam as published", "xsam-paper", 8 + 1 + 5*2, nil},
		// Steps 0, 1, 2, 3 and so on until the warm-up is over refresh: with 5 of them all four steps do.
		{"three-point refresh", "xsam:refresh=three-point", 16, nil},
		{"exact refresh", "xsam:refresh=exact:power-steps=1:refresh-every=3", 8 + 4*(1+3*2), nil},
		{"projection", "xsam:correction=projection", 8, nil},
		{"explicit", "xsam:correction=explicit", 8, nil},
		{"adam", "sam", 8, func(r *Recipe) { r.Optimizer, r.WeightDecay, r.LearningRate = "adam", 0, 1e-3 }},
		{"adamw, clipped", "xsam", 8, func(r *Recipe) { r.Optimizer, r.LearningRate, r.Clip = "adamw", 1e-3, 0.1 }},
		{"Nesterov's momentum with a step schedule and warm-up", "sgd", 4, func(r *Recipe) { r.Nesterov, r.Schedule, r.WarmupSteps = true, "step", 2 }},
		{"no decay of biases", "sgd", 4, func(r *Recipe) { r.DecayBiasesAndNorms, r.Schedule = false, "constant" }},
		{"float64", "xsam", 8, func(r *Recipe) { r.DType = "float64" }},
		{"augmentation", "xsam-lite", 8, func(r *Recipe) { r.Augment = true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tiny(t, "sgd")
			r.Epochs, r.LambdaProducts = 1, 0
			if err := r.SetMethod(tt.method, nil); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(&r)
			}
			_, s := mustRun(t, engine, r, Options{})
			if loss := s.TrainLoss.Float(); !(loss > 0 && loss < math.Log(10)+1) {
				t.Errorf("training loss %v after an epoch, want not far above that of a guess, ln 10", loss)
			}
			if got := s.GradientEvaluationsPerStep.Float() * float64(s.Steps); s.Steps != 4 || math.Abs(got-tt.gradients) > 1e-9 {
				t.Errorf("%v gradients in %d steps, want %v in 4", got, s.Steps, tt.gradients)
			}
		})
	}
}
