package xsam_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/internal/testbackend"
)

// A parameter without elements changes nothing.
func TestEmptyParameter(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		empty := func(scope *model.Scope, g *graph.Graph, _ *model.Variable) {
			scope.VariableWithShape("empty", shapes.Make(dtypes.Float64, 0, 2)).NodeValue(g)
		}
		for name, config := range everySchedule() {
			t.Run(name, func(t *testing.T) {
				if name != "xsam" {
					testbackend.SkipRepeat(t, b)
				}
				with, without := model.NewStore(), model.NewStore()
				p := program{backend: b, obj: bent(loss.MeanSquaredError, empty), config: config, data: four()}
				if _, err := p.run(with, 6); err != nil {
					t.Fatal(err)
				}
				p.obj = bent(loss.MeanSquaredError, nil)
				if _, err := p.run(without, 6); err != nil {
					t.Fatal(err)
				}
				if got, want := float64s(with, "/w"), float64s(without, "/w"); !near(got, want, 1e-12) {
					t.Errorf("w = %v, want %v as without it", got, want)
				}
			})
		}
	})
}
