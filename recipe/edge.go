package recipe

import "fmt"

// Edge is the edge of stability of the base at its highest learning rate η: the curvature above which descent along it
// overshoots and grows.
//
//	plain descent 2/η    momentum β 2(1 + β)/η    Nesterov's form 2(1 + β)/((1 + 2β)η)
//
// It fails for adam and adamw, whose step has no such number, and for η = 0.
func (b Base) Edge() (float64, error) {
	if b.Optimizer != "sgd" || !(b.LearningRate > 0) {
		return 0, fmt.Errorf("recipe: %s at learning rate %v has no edge of stability to take a share of: want sgd and a "+
			"rate above 0, or the bound as a number", b.Optimizer, b.LearningRate)
	}
	edge := 2 * (1 + b.Momentum) / b.LearningRate
	if b.Nesterov {
		edge /= 1 + 2*b.Momentum
	}
	return edge, nil
}
