package curvature

import (
	"math"
	"testing"

	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// The edges along training follow the learning rate of the recipe.
func TestEdges(t *testing.T) {
	r := recipe.Defaults("glyphs")
	r.Schedule, r.LearningRate, r.Epochs, r.Momentum = "step", 0.1, 4, 0
	along := []runlog.Record{{Step: 10, Epoch: runlog.Num(1)}, {Step: 40,
		Epoch: runlog.Num(4)}} // 40 steps: a tenth from 20, again from 30
	curves := edges(measuredRun{recipe: r}, nil, along)
	if len(curves) != 1 || curves[0].Name != "2/η" || math.Abs(curves[0].Values[0]-20) > 1e-9 ||
		math.Abs(curves[0].Values[1]-2000) > 1e-6 {
		t.Errorf("edges %+v, want 2/η = 20 and 2000", curves)
	}
	r.Optimizer = "adam"
	if curves := edges(measuredRun{recipe: r}, nil, along); len(curves) != 0 {
		t.Errorf("edges of adam against the Hessian %+v, want none", curves)
	}
}
