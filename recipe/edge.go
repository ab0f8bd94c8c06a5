package recipe

import (
	"fmt"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/curvature"
)

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
	if b.Nesterov {
		return curvature.NesterovEdge(b.LearningRate, b.Momentum), nil
	}
	return curvature.MomentumEdge(b.LearningRate, b.Momentum), nil
}

// Limited returns the configuration of the run, a bound on λ that is a share of the edge of stability in numbers. It
// fails where there is no edge.
func (r Recipe) Limited() (xsam.Config, error) {
	if r.Config.MaxLambda >= 0 {
		return r.Config, nil
	}
	edge, err := r.Base.Edge()
	if err != nil {
		return xsam.Config{}, fmt.Errorf("recipe: --max-lambda %v: %w", r.Config.MaxLambda, err)
	}
	return r.Config.UnderEdge(edge), nil
}
