package curvature_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// quadratic is the loss ½Σ aᵢwᵢ² of one variable w, as change makes it of a node, at w = 1 in each place.
func quadratic(t *testing.T, b compute.Backend, w any, a []float64,
	change func(w *graph.Node) *graph.Node) *curvature.Problem {
	t.Helper()
	obj := objective.New(func(s *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		s.VariableWithValue("empty", tensors.FromFlatDataAndDimensions([]float64{}, 0, 3)).NodeValue(g)
		return []*graph.Node{change(s.VariableWithValue("w", w).NodeValue(g))}
	}, func(_, p []*graph.Node) *graph.Node {
		x := graph.ConvertDType(p[0], dtypes.Float64)
		return graph.MulScalar(graph.ReduceAllSum(graph.Mul(graph.Const(x.Graph(), a), graph.Square(x))), 0.5)
	})
	p, err := curvature.NewProblem(context.Background(), b, model.NewStore(), obj,
		[]train.Batch{{Inputs: []*tensors.Tensor{numbers(dtypes.Float64, []float64{0}, 1)}}}, evaluation)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func same(w *graph.Node) *graph.Node { return w }

// At a saddle whose steepest direction leads down, the largest eigenvalue is still the largest signed one, with its
// vector, and the smallest the other end. The variable without numbers is no parameter.
func TestSaddle(t *testing.T) {
	for _, n := range []int{3, 80} { // solved as a matrix, and by Lanczos
		a, w := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i], w[i] = 0.1*math.Sin(float64(i)), 1
		}
		a[1], a[2] = 2, -30
		testbackend.Each(t, func(t *testing.T, b compute.Backend) {
			p := quadratic(t, b, w, a, same)
			top, err := curvature.Top(context.Background(), p, 1)
			if err != nil || !top.Converged || p.Dim() != n {
				t.Fatalf("n %d: dim %d, %v, %v", n, p.Dim(), top.Reason, err)
			}
			checkClose(t, "λmax", top.Value(), 2, 1e-5)
			checkClose(t, "its vector's part in place 1", math.Abs(top.Vector()[1]), 1, 1e-5)
			o := curvature.DefaultLanczosOptions(1)
			o.Which = curvature.Smallest
			low, err := curvature.Lanczos(context.Background(), newHessian(t, p, curvature.Exact), o)
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, "λmin", low.Value(), -30, 1e-4)
			checkClose(t, "its vector's part in place 2", math.Abs(low.Vector()[2]), 1, 1e-5)
			power, err := curvature.PowerIteration(context.Background(), newHessian(t, p, curvature.Exact),
				curvature.DefaultPowerOptions())
			if err != nil {
				t.Fatal(err)
			}
			checkClose(t, "λmax by power iteration", power.Value(), 2, 1e-3)
		})
	}
}

// With too few products the Result has not converged, and a pair says that it has only where it is the eigenvalue that
// it stands for. Every pair's residual is the distance within which there is an eigenvalue.
func TestTooFewProductsAreSaidToBeToo(t *testing.T) {
	const n, k = 200, 5
	a := mat.NewSymDense(n, nil)
	for i := range n {
		a.SetSym(i, i, 1/(1+float64(i))) // 1, 1/2, 1/3, …
	}
	for products := 1; products <= 40; products++ {
		o := curvature.DefaultLanczosOptions(k)
		o.MaxProducts = products
		r, err := curvature.Lanczos(context.Background(), curvature.Dense(a), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Converged && (len(r.Pairs) < k || r.Reason != curvature.ReasonResidual) || r.Products > products {
			t.Errorf("%d products: converged with %d pairs after %d products, %q", products, len(r.Pairs), r.Products, r.Reason)
		}
		for i, pair := range r.Pairs {
			want := 1 / (1 + float64(i))
			if off := math.Abs(pair.Value - want); pair.Converged && off > 1e-3*want {
				t.Errorf("%d products: eigenvalue %d is said to be %v, want %v", products, i, pair.Value, want)
			}
			nearest := math.Inf(1)
			for j := range n {
				nearest = min(nearest, math.Abs(pair.Value-1/(1+float64(j))))
			}
			if nearest > pair.Residual*(1+1e-9)+1e-12 {
				t.Errorf("%d products: no eigenvalue within the residual %v of %v", products, pair.Residual, pair.Value)
			}
		}
	}
}

// An operation with a first derivative and no second: Top changes to central differences, and says so.
func TestTopFallsBackToDifferences(t *testing.T) {
	once := func(w *graph.Node) *graph.Node {
		return graph.IdentityWithCustomGradient(w, func(_, v *graph.Node) *graph.Node {
			return graph.Add(v, graph.MulScalar(graph.Floor(v), 0)) // Floor has no derivative
		})
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		p := quadratic(t, b, []float64{1, 1}, []float64{3, 1}, once)
		top, err := curvature.Top(context.Background(), p, 2)
		if err != nil {
			t.Fatal(err)
		}
		checkClose(t, "λmax", top.Value(), 3, 1e-6)
		if !strings.Contains(top.Warning, "central differences") || !strings.Contains(top.Warning, "Floor") {
			t.Errorf("warning %q: want one that names the method and the operation", top.Warning)
		}
		hv := make([]float64, 2)
		err = newHessian(t, p, curvature.Exact).Apply(context.Background(), hv, []float64{1, 0})
		if err == nil || !strings.Contains(err.Error(), "Automatic") {
			t.Errorf("Exact: error %v, want one that names Automatic", err)
		}
		exact, err := curvature.Top(context.Background(), quadratic(t, b, []float64{1, 1}, []float64{3, 1}, same), 2)
		if err != nil || exact.Warning != "" {
			t.Errorf("exact products: warning %q, error %v", exact.Warning, err)
		}
	})
}

// Weights in half precision: exact products to the digits of the type. Central differences are refused: they would have
// none.
func TestHalfPrecision(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		w := []bfloat16.BFloat16{bfloat16.FromFloat32(1), bfloat16.FromFloat32(1)}
		p := quadratic(t, b, w, []float64{3, 1}, same)
		top, err := curvature.Top(context.Background(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		checkClose(t, "λmax", top.Value(), 3, 0.03) // bfloat16 has 8 bits
		_, err = curvature.NewHessian(p, curvature.CentralDifference)
		if err == nil || !strings.Contains(err.Error(), "/w is of type BFloat16") {
			t.Errorf("differences: error %v, want one that names the parameter and its type", err)
		}
	})
}

// A parameter without elements has no part in the vector: XLA knows no slice of it.
func TestEmptyParameter(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		ctx, store := context.Background(), model.NewStore()
		obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			g := in[0].Graph()
			empty := scope.VariableWithShape("empty", shapes.Make(dtypes.Float64, 0, 2)).NodeValue(g)
			w := scope.VariableWithValue("w", []float64{1, 1}).NodeValue(g)
			loss := graph.Add(graph.ReduceAllSum(graph.Mul(graph.Const(g, []float64{1.5, 0.5}), graph.Square(w))),
				graph.ReduceAllSum(empty))
			return []*graph.Node{graph.Add(graph.MulScalar(in[0], 0), loss)}
		}, func(_, predictions []*graph.Node) *graph.Node { return graph.ReduceAllMean(predictions[0]) })
		batches := []train.Batch{{Inputs: []*tensors.Tensor{numbers(dtypes.Float64, []float64{0, 0}, 2)}}}
		p, err := curvature.NewProblem(ctx, b, store, obj, batches, evaluation)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if top, err := curvature.Top(ctx, p, 1); err != nil || p.Dim() != 2 || math.Abs(top.Value()-3) > 1e-9 {
			t.Errorf("λmax %v of %d parameters (%v), want 3 of 2", top.Value(), p.Dim(), err)
		}
	})
}

// The error names weights that have become NaN.
func TestNaNWeights(t *testing.T) {
	p, store := mlp.problem(t, testbackend.Go(t), dtypes.Float64, evaluation)
	bad := make([]float64, 15)
	bad[7] = math.NaN()
	if err := store.GetVariable("/output/weights").SetValue(tensors.FromFlatDataAndDimensions(bad, 5, 3)); err != nil {
		t.Fatal(err)
	}
	x, y := make([]float64, p.Dim()), make([]float64, p.Dim())
	x[0] = 1
	for name, h := range map[string]curvature.Operator{
		"Gauss–Newton": curvature.NewGaussNewton(p), "Fisher": curvature.NewEmpiricalFisher(p),
	} {
		err := h.Apply(context.Background(), y, x)
		if err == nil || !strings.Contains(err.Error(), "the loss is NaN: want finite weights") ||
			!strings.Contains(err.Error(), "the parameter /output/weights holds NaN") {
			t.Errorf("%s: error %v, want one that names the parameter", name, err)
		}
	}
	_, err := curvature.NewProblem(context.Background(), testbackend.Go(t), store, objective.New(mlp.model, mlp.loss),
		mlp.data(dtypes.Float64, 7, 3), evaluation)
	if err == nil || !strings.Contains(err.Error(), "/output/weights holds NaN") || strings.Contains(err.Error(), "random") {
		t.Errorf("NewProblem: error %v, want one that names the parameter", err)
	}
	if _, err := curvature.NewHessian(p, curvature.CentralDifference); err == nil ||
		!strings.Contains(err.Error(), "want finite weights") {
		t.Errorf("differences: error %v", err)
	}
	if _, err := curvature.Top(context.Background(), p, 1); err == nil || !strings.Contains(err.Error(), "finite") {
		t.Errorf("Top: error %v", fmt.Sprint(err))
	}
}
