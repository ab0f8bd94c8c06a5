package models_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// slope returns logits and, as one vector, the gradient of a loss with respect to all weights, with the number of
// bfloat16 nodes in the forward pass. It fails where a weight, its gradient or the logits are not of the type of the
// weights.
func slope(t *testing.T, b compute.Backend, c models.Config) (logits, gradient []float64, halves int) {
	t.Helper()
	m, store := mustNew(t, c), model.NewStore()
	defer store.Finalize()
	e, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
		store.SetTraining(x.Graph(), true)
		out := m.Graph(scope, nil, []*graph.Node{x})[0]
		for _, node := range x.Graph().Nodes() {
			if node.NumOutputs() == 1 && node.DType() == dtypes.BFloat16 {
				halves++
			}
		}
		var weights []*graph.Node
		for v := range scope.IterVariables() {
			if v.Trainable {
				weights = append(weights, v.NodeValue(x.Graph()))
			}
		}
		loss := graph.ReduceAllMean(graph.Square(graph.AddScalar(out, 0.5)))
		var flat []*graph.Node
		for i, g := range graph.Gradient(loss, weights...) {
			if weights[i].DType() != c.DType || g.DType() != c.DType {
				t.Errorf("a weight of %s with a gradient of %s: want %s", weights[i].DType(), g.DType(), c.DType)
			}
			flat = append(flat, graph.Reshape(g, -1))
		}
		if out.DType() != c.DType {
			t.Errorf("logits of %s: want %s", out.DType(), c.DType)
		}
		return []*graph.Node{graph.ConvertDType(out, dtypes.Float64), graph.ConvertDType(graph.Concatenate(flat, 0),
			dtypes.Float64)}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	halves = 0 // the graph may be built more than once; the last one counts
	outputs, err := e.Call(images(c, 32))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](outputs[0]), tensors.MustCopyFlatData[float64](outputs[1]), halves
}

// With activations in bfloat16, which rounds to 8 bits (2⁻⁹ of a number at most), logits and gradient are those of
// float32 within the roundings of their depth, and weights, gradient and logits keep their type. Batch norm divides
// by deviations that are rounded themselves: over four images, in place of these 32, the gradient is off by up to
// 0.33, more on processors that multiply in bfloat16 than on others.
func TestComputeInBFloat16(t *testing.T) {
	for _, tt := range []struct {
		name     string
		gradient float64 // how far it may be off, relatively
	}{{"mlp", 0.05}, {"cnn", 0.05}, {"resnet8", 0.2}, {"wrn16-1", 0.3}, {"vgg11-bn-narrow", 0.4}, {"vit", 0.2}} {
		t.Run(tt.name, func(t *testing.T) {
			b := testbackend.XLA(t)
			if tt.name != "mlp" && tt.name != "cnn" {
				testbackend.SkipSlow(t)
			}
			if tt.name == "wrn16-1" || tt.name == "vgg11-bn-narrow" { // resnet8 has their layers
				testbackend.SkipRepeat(t, b)
			}
			c := small(tt.name)
			c.DType = dtypes.Float32
			wantLogits, wantGradient, halves := slope(t, b, c)
			if halves > 0 {
				t.Errorf("float32: %d nodes of bfloat16", halves)
			}
			c.Compute = dtypes.BFloat16
			gotLogits, gotGradient, halves := slope(t, b, c)
			if halves < 5 {
				t.Errorf("bfloat16: %d nodes of it", halves)
			}
			if off := relative(gotLogits, wantLogits); !(off > 0 && off < 0.05) {
				t.Errorf("logits are off by %.2g of their size: want more than 0 and less than 0.05", off)
			}
			if off := relative(gotGradient, wantGradient); !(off > 0 && off < tt.gradient) {
				t.Errorf("the gradient is off by %.2g of its size: want more than 0 and less than %g", off, tt.gradient)
			}
		})
	}
}

func relative(got, want []float64) float64 {
	var off, size float64
	for i := range want {
		off += (got[i] - want[i]) * (got[i] - want[i])
		size += want[i] * want[i]
	}
	return math.Sqrt(off / size)
}

func TestComputeRefuses(t *testing.T) {
	c := small("mlp")
	c.Compute = dtypes.Float32
	if _, err := models.New(c); err == nil || !strings.Contains(err.Error(), "Compute = Float32 with weights in Float64") {
		t.Errorf("got error %v, want one that names both types", err)
	}
}
