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
// arrays are: short ones that are summed as one, whose number is no multiple of a row, long ones, one alone, some of each; and matrices
// that are summed in eighths, or are too short for it, or have another number of rows.
func TestDot(t *testing.T) {
	// Relative to Σ|xᵢyᵢ|: some ten roundings of either type, as sums in a tree or in parallel rows have.
	tolerances := map[dtypes.DType]float64{dtypes.Float64: 1e-14, dtypes.Float32: 1e-6}
	for name, test := range map[string]struct {
		sizes []int
		rows  int // 0: arrays of one axis
	}{
		"one number":     {sizes: []int{1}},
		"a row":          {sizes: []int{16}},
		"no rows":        {sizes: []int{3, 1, 10}},
		"short":          {sizes: []int{128, 1000, 10}},
		"long":           {sizes: []int{70000}},
		"short and long": {sizes: []int{17, 60000, 1024, 1025, 40000}},
		"matrices":       {sizes: []int{784 * 128, 784, 784 * 83, 784 * 84}, rows: 784},
		"odd matrices":   {sizes: []int{785 * 100, 785}, rows: 785},
	} {
		n := len(test.sizes)
		values := drawn(append(test.sizes, test.sizes...)) // those of x, those of y
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
							if test.rows > 0 {
								typed[i] = graph.Reshape(typed[i], test.rows, -1)
							}
						}
						dot := paramvec.Dot(typed[:n], typed[n:])
						return append(graph.Gradient(dot, xy...), graph.ConvertDType(dot, dtypes.Float64))
					})
					defer exec.Finalize()
					got := exec.MustCall(arguments(values)...)
					if dot := tensors.ToScalar[float64](got[2*n]); !(math.Abs(dot-want) <= within*size) {
						t.Errorf("%s: %v, want %v", dtype, dot, want)
					}
					for i := range values {
						other := values[(i+n)%(2*n)]
						for j, d := range tensors.MustCopyFlatData[float64](got[i]) {
							if !(math.Abs(d-other[j]) <= within*math.Abs(other[j])) {
								t.Fatalf("%s: derivative by number %d of array %d is %v, want %v", dtype, j, i, d, other[j])
							}
						}
					}
				}
			})
		})
	}
}

// The square of a long matrix has 2x as its gradient, and ⟨∇⟨x∘x, y⟩, z⟩ has 2y∘z: inner products may be differentiated twice, as exact
// Hessian-vector products do.
func TestDotTwice(t *testing.T) {
	values := drawn([]int{800 * 100, 800 * 100, 800 * 100})
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		exec := graph.MustNewExec(b, func(xyz []*graph.Node) []*graph.Node {
			for i := range xyz {
				xyz[i] = graph.Reshape(xyz[i], 800, 100)
			}
			x, y, z := xyz[:1], xyz[1:2], xyz[2:]
			first := graph.Gradient(paramvec.Dot([]*graph.Node{graph.Mul(x[0], x[0])}, y), x...)
			second := graph.Gradient(paramvec.Dot(first, z), x...)
			return append(second, graph.Gradient(paramvec.Dot(x, x), x...)...)
		})
		defer exec.Finalize()
		got := exec.MustCall(arguments(values)...)
		second, square := tensors.MustCopyFlatData[float64](got[0]), tensors.MustCopyFlatData[float64](got[1])
		for i := range second {
			if want := 2 * values[1][i] * values[2][i]; !(math.Abs(second[i]-want) <= 1e-14*math.Abs(want)) {
				t.Fatalf("second derivative %d is %v, want %v", i, second[i], want)
			}
			if want := 2 * values[0][i]; square[i] != want {
				t.Fatalf("derivative %d of the square is %v, want %v", i, square[i], want)
			}
		}
	})
}

// A number that is not finite makes the inner product so, wherever it stands.
func TestDotIsNotFinite(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		exec := graph.MustNewExec(b, func(x, y *graph.Node) *graph.Node {
			return paramvec.Dot([]*graph.Node{graph.Reshape(x, 800, 100)}, []*graph.Node{graph.Reshape(y, 800, 100)})
		})
		defer exec.Finalize()
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for _, at := range []int{0, 12345, 79999} {
				values := drawn([]int{800 * 100, 800 * 100})
				values[0][at] = bad
				dot := tensors.ToScalar[float64](exec.MustCall1(arguments(values)...))
				if !math.IsNaN(dot) && !math.IsInf(dot, 0) {
					t.Errorf("with %v at %d: %v", bad, at, dot)
				}
			}
		}
	})
}

func arguments(values [][]float64) []any {
	args := make([]any, len(values))
	for i := range values {
		args[i] = values[i]
	}
	return args
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
