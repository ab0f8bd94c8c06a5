package curvature_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/layers"
	"github.com/xsam-go/xsam/objective"
)

// net is a small model of 3 classes; its sizes come from the weights' shapes.
type net struct {
	name    string
	model   train.ModelFn
	loss    train.LossFn
	image   bool // inputs [n, 6, 6, 2] instead of [n, 4]
	regress bool // labels are numbers instead of classes
}

var crossEntropy train.LossFn = loss.SparseCategoricalCrossEntropyLogits

var (
	softmaxRegression = net{name: "softmax regression", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			return []*graph.Node{linear(scope.In("output"), in[0], 4, 3)}
		}}
	linearRegression = net{name: "linear regression", loss: loss.MeanSquaredError, regress: true,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			return []*graph.Node{linear(scope.In("output"), in[0], 4, 1)}
		}}
	mlp = net{name: "mlp", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			x := graph.Tanh(linear(scope.In("hidden"), in[0], 4, 5))
			return []*graph.Node{linear(scope.In("output"), x, 5, 3)}
		}}
	mlpL2 = net{name: "mlp with L2", loss: crossEntropy,
		model: func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
			out := mlp.model(scope, spec, in)
			for _, path := range []string{"/hidden/weights", "/hidden/biases", "/output/weights", "/output/biases"} {
				regularizer.L2(0.15)(in[0].Graph(), scope.Store().GetVariable(path)) // adds 0.15·Σw²
			}
			return out
		}}
	cnn = net{name: "cnn", loss: crossEntropy, image: true,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			s := scope.In("conv")
			kernel := variable(s, "weights", in[0].DType(), 3, 3, 2, 3)
			x := layers.Convolve(in[0], kernel.NodeValue(in[0].Graph())).Same().Done()
			x = graph.Tanh(layers.BatchNorm(scope.In("norm"), x).Done())
			x = layers.MeanPool(x, 2).Done()
			return []*graph.Node{linear(scope.In("output"), layers.Flatten(x), 27, 3)}
		}}
	attention = net{name: "attention", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			tokens := graph.Reshape(in[0], in[0].Shape().Dimensions[0], 2, 2) // 4 numbers as 2 tokens of 2
			var qkv [3]*graph.Node
			for i, name := range []string{"query", "key", "value"} {
				w := variable(scope.In("%s", name), "weights", in[0].DType(), 2, 3).NodeValue(in[0].Graph())
				qkv[i] = graph.Einsum("btd,dh->bth", tokens, w)
			}
			weights := graph.Softmax(graph.Einsum("bth,bsh->bts", qkv[0], qkv[1]), -1)
			mixed := graph.Einsum("bts,bsh->bth", weights, qkv[2])
			return []*graph.Node{linear(scope.In("output"), layers.Flatten(mixed), 6, 3)}
		}}
)

// variable holds numbers from a seeded generator on the host, the same on every engine, so that XLA and Go agree.
func variable(scope *model.Scope, name string, dtype dtypes.DType, dims ...int) *model.Variable {
	shape := shapes.Make(dtype, dims...)
	rng := rand.New(rand.NewPCG(uint64(shape.Size()), 5))
	return layers.Variable(scope, name, shape, func(values []float64) {
		for i := range values {
			values[i] = rng.NormFloat64() / math.Sqrt(float64(shape.Size()))
		}
	})
}

func linear(scope *model.Scope, x *graph.Node, in, out int) *graph.Node {
	w := variable(scope, "weights", x.DType(), in, out).NodeValue(x.Graph())
	b := variable(scope, "biases", x.DType(), out).NodeValue(x.Graph())
	return layers.Dense(x, w, b)
}

// data returns n random examples in batches of at most size.
func (m net) data(dtype dtypes.DType, n, size int) []train.Batch {
	rng := rand.New(rand.NewPCG(11, 3))
	dims := []int{4}
	if m.image {
		dims = []int{6, 6, 2}
	}
	width := shapes.Make(dtype, dims...).Size()
	var batches []train.Batch
	for from := 0; from < n; from += size {
		count := min(size, n-from)
		x := make([]float64, count*width)
		y := make([]int32, count)
		target := make([]float64, count)
		for i := range count {
			for j := range width {
				x[i*width+j] = rng.NormFloat64()
			}
			target[i] = rng.NormFloat64()
			y[i] = int32(rng.IntN(3))
		}
		labels := tensors.FromFlatDataAndDimensions(y, count, 1)
		if m.regress {
			labels = numbers(dtype, target, count, 1)
		}
		batches = append(batches, train.Batch{
			Inputs: []*tensors.Tensor{numbers(dtype, x, append([]int{count}, dims...)...)},
			Labels: []*tensors.Tensor{labels},
		})
	}
	return batches
}

func numbers(dtype dtypes.DType, x []float64, dims ...int) *tensors.Tensor {
	if dtype == dtypes.Float64 {
		return tensors.FromFlatDataAndDimensions(x, dims...)
	}
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return tensors.FromFlatDataAndDimensions(y, dims...)
}

// problem is the net's loss on 7 examples in batches of 3, 3 and 1, with its store. Image nets, which take long to
// compile for a second shape, have 6 examples in batches of 3.
func (m net) problem(t *testing.T, b compute.Backend, dtype dtypes.DType,
	o curvature.ProblemOptions) (*curvature.Problem, *model.Store) {
	t.Helper()
	store := model.NewStore()
	examples := 7
	if m.image {
		examples = 6
	}
	return m.problemIn(t, b, store, m.data(dtype, examples, 3), o), store
}

func (m net) problemIn(t *testing.T, b compute.Backend, store *model.Store, batches []train.Batch,
	o curvature.ProblemOptions) *curvature.Problem {
	t.Helper()
	p, err := curvature.NewProblem(context.Background(), b, store, objective.New(m.model, m.loss), batches, o)
	if err != nil {
		t.Fatalf("%s: %v", m.name, err)
	}
	t.Cleanup(p.Close)
	return p
}

var (
	evaluation = curvature.ProblemOptions{Norm: curvature.RunningAverages}
	training   = curvature.ProblemOptions{Norm: curvature.BatchStatistics}
)

// differences is the dense Hessian from gradients at w ± h and w ± 2h along each axis: an error of order h⁴ and
// rounding over h, below 1e-10 for the nets here.
func differences(t *testing.T, p *curvature.Problem) *mat.Dense {
	t.Helper()
	return differencesBy(t, p, 1e-3)
}

// differencesBy is differences with another h: a small one where there are kinks to be crossed, as at maxima.
func differencesBy(t *testing.T, p *curvature.Problem, h float64) *mat.Dense {
	t.Helper()
	n := p.Dim()
	out := mat.NewDense(n, n, nil)
	d, g := make([]float64, n), make([]float64, n)
	for j := range n {
		for _, term := range []struct{ at, weight float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
			d[j] = term.at * h
			if _, err := p.Gradient(context.Background(), g, d); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				out.Set(i, j, out.At(i, j)+term.weight*g[i]/(12*h))
			}
		}
		d[j] = 0
	}
	return out
}

// columns applies the operator to every unit vector.
func columns(t *testing.T, h curvature.Operator) *mat.Dense {
	t.Helper()
	n := h.Dim()
	out := mat.NewDense(n, n, nil)
	unit, column := make([]float64, n), make([]float64, n)
	for j := range n {
		unit[j] = 1
		if err := h.Apply(context.Background(), column, unit); err != nil {
			t.Fatal(err)
		}
		out.SetCol(j, column)
		unit[j] = 0
	}
	return out
}

// checkMatrix compares in the Frobenius norm, relative to want.
func checkMatrix(t *testing.T, what string, got, want mat.Matrix, tolerance float64) {
	t.Helper()
	var d mat.Dense
	d.Sub(got, want)
	if e := d.Norm(2) / mat.Norm(want, 2); !(e <= tolerance) {
		t.Errorf("%s is off by %.2g of its norm %.4g, want %.2g", what, e, mat.Norm(want, 2), tolerance)
	}
}

func newHessian(t *testing.T, p *curvature.Problem, method curvature.Method) *curvature.Hessian {
	t.Helper()
	h, err := curvature.NewHessian(p, method)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// snapshot is every variable of the store as text.
func snapshot(t *testing.T, store *model.Store) string {
	t.Helper()
	text := ""
	for v := range store.IterVariables() {
		text += fmt.Sprintf("%s %v %v\n", v.Path(), v.Trainable, v.MustValue().Value())
	}
	return text
}
