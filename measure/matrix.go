package measure

import (
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/curvature"
)

// The names of the matrices that can be measured, of the ways to multiply with the Hessian, and of the ways to take
// batch norm.
var (
	OperatorNames = []string{"hessian", "gauss-newton", "fisher", "adam"}
	ProductNames  = []string{"exact", "difference"}
	NormNames     = []string{"batch", "running"}
)

// operator is that of the options at the weights that the store holds now. scales are the s of the Adam-preconditioned
// Hessian S·H·S; nil for other operators.
func (w *measurer) operator() (h curvature.Operator, scales []float64, err error) {
	switch {
	case w.m.Operator == "gauss-newton":
		return w.compiled(curvature.NewGaussNewton), nil, nil
	case w.m.Operator == "fisher":
		return w.compiled(curvature.NewEmpiricalFisher), nil, nil
	case w.m.Method == "difference":
		h, err = curvature.NewHessian(w.examples.Problem, curvature.CentralDifference) // its step goes by the weights
	default:
		h, err = w.examples.Hessian()
	}
	if err != nil || w.m.Operator != "adam" {
		return h, nil, err
	}
	scales, err = w.examples.Problem.AdamScales(curvature.AdamOptions{ // GoMLX's defaults, which package program keeps
		Scope: optimizer.AdamDefaultScope, Beta2: 0.999, Epsilon: 1e-7, Step: w.adamSteps(),
	})
	if err != nil {
		return nil, nil, err
	}
	h, err = curvature.Preconditioned(h, scales)
	return h, scales, err
}

// adamSteps is the number of updates in the state, as Adam has counted. Where updates were undone the global step
// went on, and Adam's own did not.
func (w *measurer) adamSteps() float64 {
	v := w.Store.GetVariable(model.JoinPath(model.RootScopePath, optimizer.AdamDefaultScope, "step"))
	if v != nil {
		if value, err := v.Value(); err == nil {
			if steps, ok := value.Value().(int64); ok {
				return float64(steps)
			}
		}
	}
	return float64(w.step)
}

// compiled is an operator that serves all states, created once.
func (w *measurer) compiled(create func(*curvature.Problem) curvature.Operator) curvature.Operator {
	if w.exact == nil {
		w.exact = create(w.examples.Problem)
	}
	return w.exact
}
