package curvature_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// A loss that is all but 0, 1e-6 in float32, has a gradient in which rounding counts for more than what parts of a
// batch may differ by. It is measured all the same, and is the mean of those of the batches.
func TestFittedModel(t *testing.T) {
	const rows, in, hidden, classes = 32, 40, 300, 3
	random := rand.New(rand.NewPCG(1, 2))
	w1, w2 := make([]float32, in*hidden), make([]float32, hidden*classes)
	for i := range w1 {
		w1[i] = 0.03 * float32(random.NormFloat64())
	}
	for i := range w2 { // the answer to a class is along the weights of the input that stands for it
		w2[i] = 3 * w1[i%classes*hidden+i/classes]
	}
	batch := func() train.Batch {
		x, y := make([]float32, rows*in), make([]int32, rows)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		for i := range y {
			y[i] = int32(i % classes)
			x[i*in+i%classes] += 30
		}
		return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, in)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, rows, 1)}}
	}
	obj := objective.New(func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := func(name string, values []float32, dims ...int) *graph.Node {
			return scope.VariableWithValue(name, tensors.FromFlatDataAndDimensions(values, dims...)).NodeValue(x.Graph())
		}
		h := graph.Tanh(graph.Dot(x, w("w1", w1, in, hidden)).Product())
		return graph.Dot(h, w("w2", w2, hidden, classes)).Product()
	}, loss.SparseCategoricalCrossEntropyLogits)
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		ctx, batches := context.Background(), []train.Batch{batch(), batch()}
		measured := func(batches ...train.Batch) float64 {
			p, err := curvature.NewProblem(ctx, b, model.NewStore(), obj, batches,
				curvature.ProblemOptions{Norm: curvature.BatchStatistics})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			l, err := p.Loss(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		want := (measured(batches[0]) + measured(batches[1])) / 2
		if got := measured(batches...); !(want > 0 && want < 1e-5) || got < 0.99*want || got > 1.01*want {
			t.Errorf("the loss is %g, want %g, the mean of the batches, between 0 and 1e-5", got, want)
		}
	})
}
