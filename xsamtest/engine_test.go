package xsamtest

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// An option with which XLA computes attention wrongly is found, and without it nothing is.
func TestEngineIsRight(t *testing.T) {
	const wrong = "--xla_cpu_experimental_onednn_custom_call=true"
	testbackend.SkipSlow(t)
	p := lookingAtAll(t)
	finding := engineIsRight(p)
	if child := os.Getenv("XLA_FLAGS") == wrong; finding.Passed == child || finding.Skipped != "" {
		t.Fatalf("%+v, where the engine is right: %v", finding, !child)
	} else if child {
		return // XLA reads its options once in a process
	}
	child := exec.Command(os.Args[0], "-test.run=^TestEngineIsRight$", "-test.v")
	child.Env = append(os.Environ(), "XLA_FLAGS="+wrong)
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("with %s: %v\n%s", wrong, err, out)
	}
}

// lookingAtAll is a layer of attention beside two shortcuts, in which tokens look at each other the wrong way round.
func lookingAtAll(t *testing.T) Program {
	const n, tokens, heads, width = 20, 16, 4, 16
	modelFn := func(scope *model.Scope, x *graph.Node) *graph.Node {
		w := scope.VariableWithShape("w", shapes.Make(dtypes.Float32, heads*width, heads*width)).NodeValue(x.Graph())
		x = graph.Reshape(graph.Dot(graph.Reshape(x, n*tokens, heads*width), w).MatMul(), n, tokens, heads, width)
		seen := graph.Sin(graph.Einsum("bihd,bjhd->bhij", x, graph.Cos(x)))
		y := graph.Add(graph.Add(graph.Einsum("bhji,bjhd->bihd", seen, x), graph.Sin(x)), graph.Cos(x))
		return graph.ReduceMean(graph.Square(graph.Reshape(y, n, tokens, heads*width)), 1, 2)
	}
	numbers := make([]float32, n*tokens*heads*width)
	for i := range numbers {
		numbers[i] = float32(math.Sin(float64(i*i%1009)) / 4)
	}
	return Program{Backend: testbackend.XLA(t),
		Objective: func() *objective.Objective { return objective.New(modelFn, loss.MeanSquaredError) },
		Batch: func(int) train.Batch {
			return train.Batch{
				Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(numbers, n, tokens, heads*width)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(numbers[:n], n)}}
		}}
}
