package curvature

import (
	"fmt"
	"math"
	"path"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// AdamOptions are the settings of the optimizer whose moments AdamScales reads.
type AdamOptions struct {
	Scope   string  // where GoMLX's Adam keeps its moments: optimizer.AdamDefaultScope unless set otherwise
	Beta2   float64 // decay of the second moments, 0 ≤ Beta2 < 1
	Epsilon float64 // added to the root, > 0
	Step    float64 // number of updates taken, ≥ 1, for the bias correction 1 − Beta2^Step
}

// AdamScales returns the scales s of Preconditioned for the curvature that Adam feels, in the order of p's parameters:
//
//	s = D^-½        D = √v̂ + ε,  v̂ = v/(1 − β₂^step)
//
// D is what Adam divides its gradient by. v are the second moments that GoMLX's Adam (or AdamW, RMSProp) left in the
// store. A step of size η with β₁ = 0 is stable on a quadratic while the largest eigenvalue of
//
//	op, err := curvature.Preconditioned(hessian, s)
//
// which is D^-½ H D^-½, is below 2/η. AdamEdge has it for other β₁.
//
// It fails when an option is out of range, and when the store lacks the moments of a parameter.
//
// Reference: Cohen et al. (2022), "Adaptive gradient methods at the edge of stability".
func (p *Problem) AdamScales(o AdamOptions) ([]float64, error) {
	if !(o.Beta2 >= 0 && o.Beta2 < 1) || !(o.Epsilon > 0) || !(o.Step >= 1) {
		return nil, fmt.Errorf("curvature: AdamOptions have Beta2 = %v, Epsilon = %v, Step = %v: "+
			"want 0 ≤ Beta2 < 1, Epsilon > 0, Step ≥ 1", o.Beta2, o.Epsilon, o.Step)
	}
	moments := make([]*model.Variable, len(p.variables))
	for i, v := range p.variables {
		name := model.JoinPath(path.Join(model.RootScopePath, o.Scope, v.Scope()), v.Name()+"_2nd_moment")
		if moments[i] = p.store.GetVariable(name); moments[i] == nil {
			return nil, fmt.Errorf("curvature: the store has no variable %s: want the second moments of GoMLX's Adam "+
				"for every parameter; train with it first, or restore its checkpoint", name)
		}
		if moments[i].Shape().Size() != v.Shape().Size() {
			return nil, fmt.Errorf("curvature: %s has shape %s and its parameter %s: want the same",
				name, moments[i].Shape(), v.Shape())
		}
	}
	scales, err := p.read("Adam's moments", func(s *batchGraph) *graph.Node {
		parts := make([]*graph.Node, len(moments))
		for i, m := range moments {
			parts[i] = graph.ConvertDType(graph.Reshape(m.NodeValue(s.g), m.Shape().Size()), dtypes.Float64)
		}
		return graph.Concatenate(parts, 0)
	})
	if err != nil {
		return nil, err
	}
	correction := 1 - math.Pow(o.Beta2, o.Step)
	for i, v := range scales {
		scales[i] = 1 / math.Sqrt(math.Sqrt(v/correction)+o.Epsilon)
	}
	return scales, nil
}
