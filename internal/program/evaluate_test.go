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
)

// A model whose logits are its two pixels. With pixels (a, 0) and label 0 the loss is ln(1 + e⁻ᵃ), and the image is
// classified right when a > 0.
func TestEvaluate(t *testing.T) {
	flat := func(_ *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Reshape(inputs[0], -1, 2)}
	}
	obj := objective.New(flat, loss.SparseCategoricalCrossEntropyLogits)
	for _, n := range []int{1, 256, 257, 700} { // one batch, a full one, and batches of unequal size
		set := &datasets.Set{Name: "pairs", Height: 1, Width: 2, Channels: 1, Classes: 2}
		var want float64
		hits := 0
		for i := range n {
			a := math.Sin(float64(i)) + 0.3
			set.Pixels, set.Labels = append(set.Pixels, float32(a), 0), append(set.Labels, 0)
			want += math.Log1p(math.Exp(-float64(float32(a))))
			if a > 0 {
				hits++
			}
		}
		testbackend.Each(t, func(t *testing.T, b compute.Backend) {
			store := model.NewStore()
			e, err := newEvaluator(b, store, obj)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Finalize()
			got, err := evaluate(e, set, dtypes.Float64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.Loss.Float()-want/float64(n)) > 1e-12 ||
				got.Accuracy.Float() != float64(hits)/float64(n) { // float64: rounding only
				t.Errorf("%d images: loss %v, accuracy %v, want %v, %v", n, got.Loss, got.Accuracy, want/float64(n),
					float64(hits)/float64(n))
			}
			if store.NumVariables() != 0 {
				t.Errorf("evaluation left %d variables in the store", store.NumVariables())
			}
		})
	}
}

func TestEvenBatch(t *testing.T) {
	for n, want := range map[int]int{1: 1, 256: 256, 257: 129, 1000: 250, 2000: 250, 797: 200, 10000: 250} {
		if got := evenBatch(n); got != want {
			t.Errorf("evenBatch(%d) = %d, want %d", n, got, want)
		}
	}
}
