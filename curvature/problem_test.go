package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// The mean of the Hessians of the batches, weighted by their sizes, is that of one large batch; examples given twice
// change nothing.
func TestHessianIsAdditiveOverBatches(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		store := model.NewStore()
		ragged := columns(t, newHessian(t, mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), evaluation),
			curvature.Exact))
		whole := columns(t, newHessian(t, mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 7), evaluation),
			curvature.Exact))
		twice := columns(t, newHessian(t, mlp.problemIn(t, b, store,
			append(mlp.data(dtypes.Float64, 7, 3), mlp.data(dtypes.Float64, 7, 3)...), evaluation), curvature.Exact))
		checkMatrix(t, "batches of 3, 3 and 1", ragged, whole, 1e-13)
		checkMatrix(t, "all data twice", twice, whole, 1e-13)
	})
}

// A subset by scope is a diagonal block of the whole.
func TestScopeTakesABlock(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		p, store := mlp.problem(t, b, dtypes.Float64, evaluation)
		whole := columns(t, newHessian(t, p, curvature.Exact))
		o := evaluation
		o.Scope = "/output"
		block := mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), o)
		if block.Dim() != 18 {
			t.Fatalf("the output layer has %d parameters, want 18", block.Dim())
		}
		var want []float64
		var at []int
		for _, q := range p.Parameters() {
			if strings.HasPrefix(q.Path, "/output/") {
				for i := range q.Size {
					at = append(at, q.Offset+i)
				}
			}
		}
		for _, i := range at {
			for _, j := range at {
				want = append(want, whole.At(i, j))
			}
		}
		for _, method := range []curvature.Method{curvature.Exact, curvature.CentralDifference} {
			got := columns(t, newHessian(t, block, method))
			checkMatrix(t, fmt.Sprintf("block by method %d", method), got, mat.NewDense(18, 18, want), 1e-6)
		}
		o.Scope = "/nowhere"
		_, err := curvature.NewProblem(context.Background(), b, store, objective.New(mlp.model, mlp.loss),
			mlp.data(dtypes.Float64, 7, 3), o)
		if err == nil || !strings.Contains(err.Error(), `scope "/nowhere"`) {
			t.Errorf("error %v, want one that names the scope", err)
		}
	})
}

// 20,010 parameters: a product that kept one vector of them would hold 80 KB more each time, 24 MB over 300 products.
func TestProductsLeaveMemoryFlat(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("no /proc to read the resident memory from")
	}
	wide := net{name: "wide", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			return []*graph.Node{linear(scope.In("output"), in[0], 2000, 10)}
		}}
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		batches := []train.Batch{{
			Inputs: []*tensors.Tensor{numbers(dtypes.Float32, make([]float64, 8*2000), 8, 2000)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(make([]int32, 8), 8, 1)},
		}}
		p := wide.problemIn(t, b, model.NewStore(), batches, evaluation)
		v, hv := make([]float64, p.Dim()), make([]float64, p.Dim())
		v[0] = 1
		operators := []curvature.Operator{newHessian(t, p, curvature.Exact), newHessian(t, p, curvature.CentralDifference)}
		products := func(count int) {
			for i := range count {
				if err := operators[i%2].Apply(context.Background(), hv, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		products(60)
		before := residentBytes(t)
		products(300)
		if grown := residentBytes(t) - before; grown > 12<<20 {
			t.Errorf("300 products grew the resident memory by %d KB, want less than 12 MB", grown>>10)
		}
	})
}

func residentBytes(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	t.Fatal("no VmRSS in /proc/self/status")
	return 0
}

func TestProblemChecksItsArguments(t *testing.T) {
	b := testbackend.Go(t)
	obj := objective.New(mlp.model, mlp.loss)
	for _, tt := range []struct {
		name    string
		batches []train.Batch
		options curvature.ProblemOptions
		want    string
	}{
		{"no norm mode", mlp.data(dtypes.Float64, 2, 2), curvature.ProblemOptions{}, "Norm = 0"},
		{"no batches", nil, evaluation, "no batches"},
		{"no inputs", []train.Batch{{}}, evaluation, "batch 0 has no input"},
	} {
		_, err := curvature.NewProblem(context.Background(), b, model.NewStore(), obj, tt.batches, tt.options)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
	p, _ := mlp.problem(t, b, dtypes.Float64, evaluation)
	if err := newHessian(t, p, curvature.Exact).Apply(context.Background(), make([]float64, p.Dim()), make([]float64,
		3)); err == nil {
		t.Error("a vector of 3 numbers was taken for one of all parameters")
	}
	if _, err := curvature.NewHessian(p, 0); err == nil {
		t.Error("method 0 was taken")
	}
	if _, err := curvature.NewDifferenceHessian(p, math.NaN()); err == nil {
		t.Error("a step of NaN was taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Loss(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
