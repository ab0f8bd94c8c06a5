package curvature_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
)

// benchmarked is a problem of a size that is met in practice, in float32.
type benchmarked struct {
	name  string
	model train.ModelFn
	dims  []int // of one input
	batch int
}

// transformer is two pre-norm blocks of 4-head self-attention and a GELU layer on 32 tokens of width 64, mean-pooled.
func transformer(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
	const tokens, width, heads = 32, 64, 4
	x, n := in[0], in[0].Shape().Dim(0)
	dense := func(s *model.Scope, x *graph.Node, out int) *graph.Node {
		in := x.Shape().Dim(-1)
		return graph.Reshape(linear(s, graph.Reshape(x, n*tokens, in), in, out), n, tokens, out)
	}
	for _, block := range []string{"block1", "block2"} {
		s := scope.In("%s", block)
		y := norm.LayerNorm(s.In("norm1"), x, -1).Done()
		split := func(name string) *graph.Node {
			return graph.Reshape(dense(s.In("%s", name), y, width), n, tokens, heads, width/heads)
		}
		q, k, v := split("query"), split("key"), split("value")
		weights := graph.Softmax(graph.DivScalar(graph.Einsum("bthd,bshd->bhts", q, k), math.Sqrt(width/heads)), -1)
		mixed := graph.Reshape(graph.Einsum("bhts,bshd->bthd", weights, v), n, tokens, width)
		x = graph.Add(x, dense(s.In("mix"), mixed, width))
		y = norm.LayerNorm(s.In("norm2"), x, -1).Done()
		hidden := dense(s.In("up"), y, 4*width)
		hidden = graph.Mul(hidden, graph.Sigmoid(graph.MulScalar(hidden, 1.702)))
		x = graph.Add(x, dense(s.In("down"), hidden, width))
	}
	return []*graph.Node{linear(scope.In("output"), graph.ReduceMean(x, 1), width, 10)}
}

func catalogued(b *testing.B, name string, size, channels int) train.ModelFn {
	m, err := models.New(models.Config{Name: name, Height: size, Width: size, Channels: channels, Classes: 10,
		DType: dtypes.Float32})
	if err != nil {
		b.Fatal(err)
	}
	return m.Graph
}

// What a Hessian-vector product costs in gradients of the same problem, exact and by central differences: the metrics
// exact/gradient and difference/gradient are ratios of medians of calls in turn. The vectors' way from and to the
// host is in.
//
//	go test ./curvature -run '^$' -bench Products -benchtime 15x
func BenchmarkProducts(b *testing.B) {
	engine := testbackend.XLA(b)
	for _, p := range []benchmarked{
		{"mlp", catalogued(b, "mlp", 28, 1), []int{28, 28, 1}, 128},
		{"transformer", transformer, []int{32, 64}, 32},
		{"resnet8", catalogued(b, "resnet8", 28, 1), []int{28, 28, 1}, 128},
		{"resnet20", catalogued(b, "resnet20", 32, 3), []int{32, 32, 3}, 32},
		{"resnet18", catalogued(b, "resnet18", 32, 3), []int{32, 32, 3}, 8},
	} {
		b.Run(p.name, func(b *testing.B) {
			ctx := context.Background()
			problem, err := curvature.NewProblem(ctx, engine, model.NewStore(), objective.New(p.model, crossEntropy),
				[]train.Batch{p.data()}, curvature.ProblemOptions{Norm: curvature.BatchStatistics})
			if err != nil {
				b.Fatal(err)
			}
			defer problem.Close()
			v, out := make([]float64, problem.Dim()), make([]float64, problem.Dim())
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			operations := map[string]func() error{"gradient": func() error {
				_, err := problem.Gradient(ctx, out,
					nil)
				return err
			}}
			for name, method := range map[string]curvature.Method{"exact": curvature.Exact,
				"difference": curvature.CentralDifference} {
				h, err := curvature.NewHessian(problem, method)
				if err != nil {
					b.Fatal(err)
				}
				operations[name] = func() error { return h.Apply(ctx, out, v) }
			}
			times := map[string][]float64{}
			call := func(name string) float64 {
				start := time.Now()
				if err := operations[name](); err != nil {
					b.Fatal(err)
				}
				return time.Since(start).Seconds()
			}
			for name := range operations {
				call(name) // compiles
			}
			b.ResetTimer()
			for range b.N {
				for _, name := range []string{"gradient", "exact", "difference"} {
					times[name] = append(times[name], call(name))
				}
			}
			middle := func(name string) float64 { return slices.Sorted(slices.Values(times[name]))[b.N/2] }
			b.ReportMetric(1e3*middle("gradient"), "ms/gradient")
			b.ReportMetric(middle("exact")/middle("gradient"), "exact/gradient")
			b.ReportMetric(middle("difference")/middle("gradient"), "difference/gradient")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func (p benchmarked) data() train.Batch {
	rng := rand.New(rand.NewPCG(3, 4))
	size := p.batch
	for _, d := range p.dims {
		size *= d
	}
	x, y := make([]float32, size), make([]int32, p.batch)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	for i := range y {
		y[i] = rng.Int32N(10)
	}
	return train.Batch{
		Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, append([]int{p.batch}, p.dims...)...)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, p.batch, 1)},
	}
}
