package models_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// Ten steps of plain gradient descent on the same twelve images of three classes, in training mode, lower the
// cross-entropy from about ln 3 = 1.1 or more to less than a tenth of it (0.03 at most was seen).
func TestModelsLearn(t *testing.T) {
	const steps = 10
	b := testbackend.XLA(t)
	for _, tt := range []struct {
		name string
		rate float64
	}{
		{"resnet8", 0.1}, {"resnet34", 0.02}, {"vgg11-bn-narrow", 0.05}, {"vgg11-bn", 0.02},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name != "resnet8" {
				testbackend.SkipSlow(t)
			}
			if tt.name == "resnet34" || tt.name == "vgg11-bn" { // the same blocks, more of them
				testbackend.SkipRepeat(t, b)
			}
			c := small(tt.name)
			c.DType = dtypes.Float32
			m, store := mustNew(t, c), model.NewStore()
			defer store.Finalize()
			e := model.MustNewExec(b, store, func(scope *model.Scope, x, labels *graph.Node) *graph.Node {
				store.SetTraining(x.Graph(), true)
				loss := crossEntropy(m.Graph(scope, nil, []*graph.Node{x})[0], labels)
				var vs []*model.Variable
				var w []*graph.Node
				for v := range scope.IterVariables() {
					if v.Trainable {
						vs, w = append(vs, v), append(w, v.NodeValue(x.Graph()))
					}
				}
				for i, g := range graph.Gradient(loss, w...) {
					vs[i].SetNodeValue(graph.Sub(w[i], graph.MulScalar(g, tt.rate)))
				}
				return loss
			})
			defer e.Finalize()
			x, labels := stripes(c, 12)
			var losses []float32
			for range steps + 1 {
				outputs, err := e.Call(x, labels)
				if err != nil {
					t.Fatal(err)
				}
				losses = append(losses, tensors.ToScalar[float32](outputs[0]))
			}
			if !(losses[steps] < losses[0]/10) {
				t.Errorf("losses of %.3g: want the last below a tenth of the first", losses)
			}
		})
	}
}

// crossEntropy is the mean of log Σ exp(logits) − logit of the label.
func crossEntropy(logits, labels *graph.Node) *graph.Node {
	right := graph.OneHot(labels, logits.Shape().Dim(-1), logits.DType())
	return graph.Neg(graph.ReduceAllMean(graph.ReduceSum(graph.Mul(right, graph.LogSoftmax(logits)), -1)))
}

// stripes are n pictures of the classes 0, 1, 2, …, over and over: waves, and class k has a bright row k + 2.
func stripes(c models.Config, n int) (pictures, labels *tensors.Tensor) {
	x := tensors.MustCopyFlatData[float64](images(c, n))
	y := make([]int32, n)
	for i := range n {
		y[i] = int32(i % c.Classes)
		row := (i*c.Height + i%c.Classes + 2) * c.Width * c.Channels
		for j := range c.Width * c.Channels {
			x[row+j] += 3
		}
	}
	return tensors.FromFlatDataAndDimensions(x, n, c.Height, c.Width, c.Channels), tensors.FromFlatDataAndDimensions(y, n)
}
