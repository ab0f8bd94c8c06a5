package optim_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
)

// eachType runs f on both engines, in float64 and in float32.
func eachType(t *testing.T, f func(t *testing.T, b compute.Backend, dtype dtypes.DType)) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
			t.Run(dtype.String(), func(t *testing.T) { f(t, b, dtype) })
		}
	})
}

// machine trains variables by gradients that the test makes up.
type machine struct {
	t     *testing.T
	store *model.Store
	exec  *model.Exec
	dtype dtypes.DType
	paths []string
}

// newMachine returns a machine whose variables "/w0", "/w1", … start at the given vectors. A variable with an even
// number has one axis, one with an odd number two.
func newMachine(t *testing.T, b compute.Backend, store *model.Store, dtype dtypes.DType, opt optim.Optimizer,
	start ...[]float64) *machine {
	t.Helper()
	m := &machine{t: t, store: store, dtype: dtype}
	for i := range start {
		m.paths = append(m.paths, "/w"+string(rune('0'+i)))
		if _, err := store.CreateVariable(m.paths[i], value(dtype, start[i], i)); err != nil {
			t.Fatal(err)
		}
	}
	exec, err := model.NewExec(b, store, func(scope *model.Scope, flat []*graph.Node) []*graph.Node {
		gradients := make([]*graph.Node, len(flat))
		for i, path := range m.paths {
			w := store.GetVariable(path).NodeValue(flat[i].Graph()) // from here on the graph uses the variable
			gradients[i] = graph.Reshape(flat[i], w.Shape().Dimensions...)
		}
		opt.UpdateGraphWithGradients(scope, gradients, dtype)
		return []*graph.Node{graph.ScalarZero(flat[0].Graph(), dtype)}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	m.exec = exec
	return m
}

// step updates the variables by one gradient each.
func (m *machine) step(gradients ...[]float64) {
	m.t.Helper()
	args := make([]any, len(gradients))
	for i, g := range gradients {
		args[i] = value(m.dtype, g, 0)
	}
	out, err := m.exec.Call(args...)
	if err != nil {
		m.t.Fatalf("step with gradients %v: %v", gradients, err)
	}
	for _, o := range out {
		o.MustFinalizeAll()
	}
}

// w returns the values of variable i.
func (m *machine) w(i int) []float64 { return floats(m.t, m.store, m.paths[i]) }

// halfPrecision returns a step of the variable "w" of the store, a bfloat16 that begins at 0, by a gradient that the test
// makes up, in float32; it returns the new value.
func halfPrecision(t *testing.T, b compute.Backend, store *model.Store, opt optim.Optimizer) *model.Exec {
	t.Helper()
	exec, err := model.NewExec(b, store, func(scope *model.Scope, gradient *graph.Node) *graph.Node {
		v := scope.WithInitializer(initializer.Zero).VariableWithShape("w", shapes.Make(dtypes.BFloat16))
		v.NodeValue(gradient.Graph())
		half := graph.ConvertDType(gradient, dtypes.BFloat16)
		opt.UpdateGraphWithGradients(scope, []*graph.Node{half}, dtypes.BFloat16)
		return graph.ConvertDType(v.NodeValue(gradient.Graph()), dtypes.Float32)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return exec
}

// value makes a tensor of x, with one axis when i is even and two when it is odd.
func value(dtype dtypes.DType, x []float64, i int) *tensors.Tensor {
	dims := []int{len(x)}
	if i%2 == 1 {
		dims = []int{1, len(x)}
	}
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), x...), dims...)
	}
	y := make([]float32, len(x))
	for j := range x {
		y[j] = float32(x[j])
	}
	return tensors.FromFlatDataAndDimensions(y, dims...)
}

// floats returns the values of a variable of the store as float64.
func floats(t *testing.T, store *model.Store, path string) []float64 {
	t.Helper()
	v := store.GetVariable(path)
	if v == nil {
		t.Fatalf("the store has no variable %s", path)
	}
	var out []float64
	v.MustValue().MustConstFlatData(func(flat any) {
		switch x := flat.(type) {
		case []float64:
			out = append(out, x...)
		case []float32:
			for _, xi := range x {
				out = append(out, float64(xi))
			}
		case []int64:
			for _, xi := range x {
				out = append(out, float64(xi))
			}
		default:
			t.Fatalf("variable %s holds %T", path, flat)
		}
	})
	return out
}

// near tells whether got and want agree up to tol·max(1, |want|). NaN agrees with NaN.
func near(got, want []float64, tol float64) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if math.IsNaN(want[i]) != math.IsNaN(got[i]) || math.IsInf(want[i], 0) != math.IsInf(got[i], 0) {
			return false
		}
		if math.Abs(got[i]-want[i]) > tol*max(1, math.Abs(want[i])) {
			return false
		}
	}
	return true
}

// rounding is the tolerance where only rounding differs, over some tens of operations on numbers of the order of 1.
func rounding(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 1e-13
	}
	return 2e-6
}
