package layers_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

// In a block of GoMLX's gradient checkpointing, where nodes are copied, derivatives of first and second order are the
// same: 1e-11 for sums in another order.
func TestConvolveInABlock(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, c := range convCases {
			t.Run(c.name, func(t *testing.T) {
				xShape, kShape := c.shapes()
				random := rand.New(rand.NewPCG(5, 6))
				values := [][]float64{normal(random, size(xShape)), normal(random, size(kShape))}
				gradient := func(block bool) []float64 {
					_, out := run(t, b, func(args []*graph.Node) *graph.Node {
						x, k := args[0], args[1]
						in := graph.Tanh(x)
						if block {
							in = in.Checkpoint()
						}
						y := graph.Sin(c.build([]*graph.Node{graph.Sin(in), k}))
						if block {
							y = y.StopCheckpoint()
						}
						first := graph.Gradient(graph.ReduceAllSum(graph.Square(y)), x, k)
						slope := graph.Add(graph.ReduceAllSum(graph.Mul(first[0], graph.StopGradient(x))),
							graph.ReduceAllSum(graph.Mul(first[1], graph.StopGradient(k))))
						second := graph.Gradient(slope, x, k)
						var all []*graph.Node
						for _, d := range append(first, second...) {
							all = append(all, graph.Reshape(d, -1))
						}
						return graph.Concatenate(all, 0)
					}, [][]int{xShape, kShape}, values)
					return out
				}
				if diff := maxDifference(gradient(true), gradient(false)); !(diff < 1e-11) {
					t.Errorf("off by %g", diff)
				}
			})
		}
	})
}

// In float16, of whose numbers a few add up to more than there is, a kernel gradient that is summed in parts is as
// finite as what it is the sum of.
func TestConvolveInFloat16(t *testing.T) {
	const level, weight = 10000, 1e-6
	for _, batch := range []int{64, 128} { // in one part, and in two
		exec := graph.MustNewExec(testbackend.XLA(t), func(g *graph.Graph) *graph.Node {
			x := graph.MulScalar(graph.Ones(g, halves(batch, 32, 32, 8)), level)
			k := graph.Zeros(g, halves(3, 3, 8, 16))
			y := graph.ConvertDType(layers.Convolve(x, k).Same().Done(), dtypes.Float32)
			loss := graph.MulScalar(graph.ReduceAllSum(y), weight)
			return graph.ConvertDType(graph.Gradient(loss, k)[0], dtypes.Float32)
		})
		out := exec.MustCall()[0].Value().([][][][]float32)
		want := level * weight * float64(batch) * 32 * 32 // of the kernel's middle, which sees every pixel
		if got := float64(out[1][1][0][0]); !(math.Abs(got-want) < 0.05*want) {
			t.Errorf("batch %d: %v, want about %v", batch, got, want)
		}
	}
}

func halves(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float16, dims...) }
