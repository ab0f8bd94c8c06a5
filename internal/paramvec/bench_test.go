package paramvec_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// BenchmarkDot times ⟨x, y⟩ over the long weights of the mlp for MNIST: in eighths, as Dot takes it, and in one piece. Twenty pairs of
// arrays are taken in a call, 16 MB, more than the caches of one core hold; the metric is the time of one of them. "nothing" is a call
// that takes one number of each pair.
func BenchmarkDot(b *testing.B) {
	const pairs, rows, columns = 20, 784, 128
	for _, bench := range []struct {
		name string
		f    func(x, y *graph.Node) *graph.Node
	}{
		{"eighths", func(x, y *graph.Node) *graph.Node { return paramvec.Dot([]*graph.Node{x}, []*graph.Node{y}) }},
		{"one piece", func(x, y *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(x, y)) }},
		{"nothing", func(x, _ *graph.Node) *graph.Node { return graph.Slice(x, graph.AxisElem(0), graph.AxisElem(0)) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			exec := graph.MustNewExec(testbackend.XLA(b), func(xy []*graph.Node) []*graph.Node {
				var dots []*graph.Node
				for i := 0; i < len(xy); i += 2 {
					dots = append(dots, bench.f(xy[i], xy[i+1]))
				}
				return dots
			})
			defer exec.Finalize()
			args := make([]any, 2*pairs)
			for i := range args {
				flat := make([]float32, rows*columns)
				for j := range flat {
					flat[j] = float32(j%7 - i)
				}
				args[i] = tensors.FromFlatDataAndDimensions(flat, rows, columns)
			}
			call := func() {
				for _, result := range exec.MustCall(args...) {
					result.MustFinalizeAll()
				}
			}
			call() // compiles
			for b.Loop() {
				call()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/pairs, "µs/dot")
		})
	}
}
