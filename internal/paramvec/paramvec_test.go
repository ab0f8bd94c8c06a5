package paramvec_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/internal/paramvec"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// What x waits for does not change it, whatever that is. (That it does wait shows in the memory of a step, which package
// experiment tests.)
func TestAfterChangesNothing(t *testing.T) {
	x := []float32{1, -2, 0, 1e-30, 3e38}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		after := graph.MustNewExec(b, func(x, y, z *graph.Node) *graph.Node {
			return paramvec.After([]*graph.Node{x}, []*graph.Node{y, z})[0]
		})
		defer after.Finalize()
		for _, y := range []float32{0, 7, float32(math.NaN()), float32(math.Inf(1))} {
			got := tensors.MustCopyFlatData[float32](after.MustCall1(x, [][]float32{{y}, {y}}, y))
			if !slices.Equal(got, x) {
				t.Errorf("after %v: %v, want %v", y, got, x)
			}
		}
	})
}

// Nothing flows back through the order.
func TestAfterIsNotDifferentiated(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		gradient := graph.MustNewExec(b, func(x, y *graph.Node) []*graph.Node {
			moved := paramvec.After([]*graph.Node{x}, []*graph.Node{y})
			return graph.Gradient(graph.Add(graph.ReduceAllSum(graph.Square(moved[0])), graph.ReduceAllSum(y)), x, y)
		})
		defer gradient.Finalize()
		got := gradient.MustCall([]float64{1, 2}, []float64{3, 4})
		if dx := tensors.MustCopyFlatData[float64](got[0]); !slices.Equal(dx, []float64{2, 4}) {
			t.Errorf("gradient towards x %v, want [2 4]", dx)
		}
		if dy := tensors.MustCopyFlatData[float64](got[1]); !slices.Equal(dy, []float64{1, 1}) {
			t.Errorf("gradient towards y %v, want [1 1], of the sum alone", dy)
		}
	})
}

// Inner products are those of the plain sum over all numbers, and their gradient is the other vector, whatever the sizes of the
// arrays are: short ones that are summed as one, whose number is no multiple of a row, long ones, one alone, some of each.
func TestDot(t *testing.T) {
	// Relative to Σ|xᵢyᵢ|: some ten roundings of either type, as sums in a tree or in parallel rows have.
	tolerances := map[dtypes.DType]float64{dtypes.Float64: 1e-14, dtypes.Float32: 1e-6}
	for name, sizes := range map[string][]int{
		"one number": {1}, "a row": {16}, "no rows": {3, 1, 10}, "short": {128, 1000, 10}, "long": {70000},
		"short and long": {17, 60000, 1024, 1025, 40000},
	} {
		n := len(sizes)
		values := drawn(append(sizes, sizes...)) // those of x, those of y
		var want, size float64
		for i, y := range values[n:] {
			for j := range y {
				want += values[i][j] * y[j]
				size += math.Abs(values[i][j] * y[j])
			}
		}
		t.Run(name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				for dtype, within := range tolerances {
					exec := graph.MustNewExec(b, func(xy []*graph.Node) []*graph.Node {
						typed := make([]*graph.Node, len(xy))
						for i := range xy {
							typed[i] = graph.ConvertDType(xy[i], dtype)
						}
						dot := paramvec.Dot(typed[:n], typed[n:])
						return append(graph.Gradient(dot, xy[:n]...), graph.ConvertDType(dot, dtypes.Float64))
					})
					defer exec.Finalize()
					args := make([]any, len(values))
					for i := range values {
						args[i] = values[i]
					}
					got := exec.MustCall(args...)
					if dot := tensors.ToScalar[float64](got[n]); !(math.Abs(dot-want) <= within*size) {
						t.Errorf("%s: %v, want %v", dtype, dot, want)
					}
					for i, y := range values[n:] {
						for j, d := range tensors.MustCopyFlatData[float64](got[i]) {
							if !(math.Abs(d-y[j]) <= within*math.Abs(y[j])) {
								t.Fatalf("%s: derivative by number %d of array %d is %v, want %v", dtype, j, i, d, y[j])
							}
						}
					}
				}
			})
		})
	}
}

// drawn returns arrays of normally distributed numbers, the same ones each time.
func drawn(sizes []int) [][]float64 {
	random := rand.New(rand.NewPCG(1, 2))
	arrays := make([][]float64, len(sizes))
	for i, size := range sizes {
		for range size {
			arrays[i] = append(arrays[i], random.NormFloat64())
		}
	}
	return arrays
}
