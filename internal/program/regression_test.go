package program

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/recipe"
)

// A model that predicts its one value, on targets that are that value plus 1, −1, 1, −1, … times 2: the mean squared
// error is 4, over batches of unequal size too, and there is no accuracy.
func TestEvaluateRegression(t *testing.T) {
	same := func(_ *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Reshape(inputs[0], -1, 1)}
	}
	obj := objective.New(same, loss.MeanSquaredError)
	for _, n := range []int{1, 257} {
		set := &datasets.Set{Name: "numbers", Height: 1, Width: 1, Channels: 1}
		for i := range n {
			x := float32(i % 7)
			set.Pixels, set.Targets = append(set.Pixels, x), append(set.Targets, x+float32(2-4*(i%2)))
		}
		testbackend.Each(t, func(t *testing.T, b compute.Backend) {
			e, err := newEvaluator(b, model.NewStore(), obj)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Finalize()
			got, err := evaluate(e, set, dtypes.Float64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Loss.Float()-4) > 1e-12 || got.Accuracy.Known() { // small whole numbers in float64
				t.Errorf("%d examples: loss %v, accuracy known %v, want 4 and none", n, got.Loss, got.Accuracy.Known())
			}
		})
	}
}

// The loss follows the task: with labels 1 and predictions 3, (3 − 1)² = 4.
func TestLossOf(t *testing.T) {
	r := recipe.Recipe{Task: "regression"}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		out, err := graph.CallOnce(b, func(y, p *graph.Node) *graph.Node {
			return graph.ReduceAllMean(lossOf(r)([]*graph.Node{y}, []*graph.Node{p}))
		}, [][]float64{{1}}, [][]float64{{3}})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Value().(float64); got != 4 {
			t.Errorf("the loss is %v, want 4", got)
		}
	})
}
