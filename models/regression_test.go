package models_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// In a regression every model predicts one number for each example.
func TestRegression(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, name := range models.Names() {
			net, err := models.New(models.Config{Name: name, Height: 16, Width: 16, Channels: 1, Regression: true,
				DType: dtypes.Float32})
			if err != nil {
				t.Fatal(err)
			}
			g := graph.NewGraph(b, name) // traced, not compiled
			store := model.NewStore()
			err = exceptions.TryCatch[error](func() {
				x := graph.Parameter(g, "x", shapes.Make(dtypes.Float32, 2, 16, 16, 1))
				y := net.Graph(store.RootScope(), nil, []*graph.Node{x})[0]
				if got := y.Shape().Dimensions; !slices.Equal(got, []int{2, 1}) {
					t.Errorf("%s predicts %v, want [2 1]", name, got)
				}
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			g.Finalize()
			store.Finalize()
		}
	})
}
