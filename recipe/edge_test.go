package recipe

import (
	"math"
	"testing"
)

// At η = 0.1: 20, with momentum 0.9 38, in Nesterov's form 38/2.8; none for adamw.
func TestEdge(t *testing.T) {
	for _, tt := range []struct {
		base Base
		want float64
	}{
		{Base{Optimizer: "sgd", LearningRate: 0.1}, 20},
		{Base{Optimizer: "sgd", LearningRate: 0.1, Momentum: 0.9}, 38},
		{Base{Optimizer: "sgd", LearningRate: 0.1, Momentum: 0.9, Nesterov: true}, 38 / 2.8},
	} {
		if got, err := tt.base.Edge(); err != nil || math.Abs(got-tt.want) > 1e-12*tt.want {
			t.Errorf("%+v: edge %v (%v), want %v", tt.base, got, err, tt.want)
		}
	}
	for _, b := range []Base{{Optimizer: "adamw", LearningRate: 0.1}, {Optimizer: "sgd"}} {
		if _, err := b.Edge(); err == nil {
			t.Errorf("%+v has an edge", b)
		}
	}
}
