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

// What x waits for does not change it, whatever that is. (That it does wait shows in the memory of a step:
// TestStepMemory of package stepcost.)
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

// Inner products are those of the plain sum over all numbers, and their gradient is the other vector, whatever the
// sizes of the arrays are: short ones, long ones, one alone, some of each, and matrices.
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

// Inner products may be differentiated twice, as exact Hessian-vector products do, whatever is made of them and
// however often: with d = ⟨x, y⟩, in one graph, ∇ₓd² = 2dy, ∇ₓ3d = 3y, and of ⟨∇ₓd², z⟩ = 2d⟨y, z⟩ the gradients are
// 2⟨y, z⟩y by x and 2⟨y, z⟩x + 2dz by y; and of a square, ∇⟨x, x⟩ = 2x.
func TestDotTwice(t *testing.T) {
	values := drawn([]int{800 * 100, 800 * 100, 800 * 100})
	x, y, z := values[0], values[1], values[2]
	plain := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	d, yz := plain(x, y), plain(y, z)
	want := []func(i int) float64{
		func(i int) float64 { return 2 * d * y[i] },
		func(i int) float64 { return 3 * y[i] },
		func(i int) float64 { return 2 * yz * y[i] },
		func(i int) float64 { return 2*yz*x[i] + 2*d*z[i] },
		func(i int) float64 { return 2 * x[i] },
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		exec := graph.MustNewExec(b, func(xyz []*graph.Node) []*graph.Node {
			for i := range xyz {
				xyz[i] = graph.Reshape(xyz[i], 800, 100)
			}
			x, y, z := xyz[:1], xyz[1:2], xyz[2:]
			dot := paramvec.Dot(x, y)
			ofSquare := graph.Gradient(graph.Square(dot), x...)
			ofThree := graph.Gradient(graph.MulScalar(dot, 3), x...)
			again := graph.Gradient(paramvec.Dot(ofSquare, z), x[0], y[0])
			return slices.Concat(ofSquare, ofThree, again, graph.Gradient(paramvec.Dot(x, x), x...))
		})
		defer exec.Finalize()
		for k, gradient := range exec.MustCall(arguments(values)...) {
			for i, got := range tensors.MustCopyFlatData[float64](gradient) {
				if !(math.Abs(got-want[k](i)) <= 1e-10) { // of numbers up to some thousand
					t.Fatalf("number %d of gradient %d is %v, want %v", i, k, got, want[k](i))
				}
			}
		}
	})
}

// A number that is not finite makes the inner product so, wherever it stands, and NaN makes it NaN.
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
				if finite := !math.IsNaN(dot) && !math.IsInf(dot, 0); finite || math.IsNaN(bad) && !math.IsNaN(dot) {
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
