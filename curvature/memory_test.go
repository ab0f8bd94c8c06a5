package curvature_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// memoryChild is set in the process of TestLanczosPeakMemory in which the memory is measured.
const memoryChild = "XSAM_TEST_CURVATURE_MEMORY"

// As docs/curvature.md says, k eigenpairs take k + 32 vectors of float64 beside the model, for the whole process at its
// peak.
func TestLanczosPeakMemory(t *testing.T) {
	if os.Getenv(memoryChild) != "" {
		measureLanczos(t)
		return
	}
	if testing.Short() {
		t.Skip("takes some hundreds of megabytes, and their passes through the processor")
	}
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("no /proc to read the peak of the memory from")
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestLanczosPeakMemory$", "-test.v")
	child.Env = append(os.Environ(), memoryChild+"=1")
	out, err := child.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

func measureLanczos(t *testing.T) {
	const width = 800 // 888,810 parameters; 1650 makes 3.2 million of them
	wide := net{name: "wide mlp", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			x := graph.Tanh(linear(scope.In("first"), in[0], 300, width))
			x = graph.Tanh(linear(scope.In("second"), x, width, width))
			return []*graph.Node{linear(scope.In("output"), x, width, 10)}
		}}
	batch := train.Batch{
		Inputs: []*tensors.Tensor{numbers(dtypes.Float32, make([]float64, 32*300), 32, 300)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(make([]int32, 32), 32, 1)},
	}
	p := wide.problemIn(t, testbackend.XLA(t), model.NewStore(), []train.Batch{batch}, evaluation)
	h := newHessian(t, p, curvature.Exact)
	v, hv := make([]float64, p.Dim()), make([]float64, p.Dim())
	v[0] = 1
	for range 5 {
		if err := h.Apply(context.Background(), hv, v); err != nil {
			t.Fatal(err)
		}
	}
	before := peakBytes(t)

	const k = 10
	o := curvature.DefaultLanczosOptions(k)
	o.Tolerance, o.MaxProducts = 0, 60
	r, err := curvature.Lanczos(context.Background(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	vectors := float64(peakBytes(t)-before) / float64(8*p.Dim())
	t.Logf("%d parameters, %d products: a peak of %d MB, then %.1f vectors more", p.Dim(), r.Products, before>>20, vectors)
	// 5 % more, 15 MB, for what the C allocator keeps of products.
	if limit := 1.05 * (k + 32); vectors > limit {
		t.Errorf("%.1f vectors at the peak: want at most %.1f", vectors, limit)
	}
	runtime.KeepAlive(r)
}

func peakBytes(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	t.Fatal("no VmHWM in /proc/self/status")
	return 0
}
