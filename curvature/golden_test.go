package curvature_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// golden is what testdata/make_goldens.py wrote about one net.
type golden struct {
	Weights            map[string]array     `json:"weights"`
	Inputs             array                `json:"inputs"`
	Labels             []float64            `json:"labels"`
	Loss               float64              `json:"loss"`
	Direction          map[string][]float64 `json:"direction"`
	Gradient           map[string][]float64 `json:"gradient"`
	HessianProduct     map[string][]float64 `json:"hessian_product"`
	GaussNewtonProduct map[string][]float64 `json:"gauss_newton_product"`
	FisherProduct      map[string][]float64 `json:"fisher_product"`
	HessianEigenvalues []float64            `json:"hessian_eigenvalues"` // ascending
}

type array struct {
	Dims []int     `json:"dims"`
	Data []float64 `json:"data"`
}

// problem puts the weights into a new store and the examples into one batch.
func (g golden) problem(t *testing.T, b compute.Backend, m net, dtype dtypes.DType) (*curvature.Problem, *model.Store) {
	t.Helper()
	store := model.NewStore()
	for path, value := range g.Weights {
		scope, name := model.SplitPath(path)
		store.Scope(scope).VariableWithValue(name, numbers(dtype, value.Data, value.Dims...))
	}
	count := g.Inputs.Dims[0]
	labels := numbers(dtype, g.Labels, count, len(g.Labels)/count)
	if !m.regress {
		classes := make([]int32, count)
		for i, y := range g.Labels {
			classes[i] = int32(y)
		}
		labels = tensors.FromFlatDataAndDimensions(classes, count, 1)
	}
	return m.problemIn(t, b, store, []train.Batch{{
		Inputs: []*tensors.Tensor{numbers(dtype, g.Inputs.Data, g.Inputs.Dims...)}, Labels: []*tensors.Tensor{labels},
	}}, training), store
}

// flat orders a vector by the problem's parameters.
func flat(t *testing.T, p *curvature.Problem, parts map[string][]float64) []float64 {
	t.Helper()
	var out []float64
	for _, q := range p.Parameters() {
		if len(parts[q.Path]) != q.Size {
			t.Fatalf("the golden has %d numbers for %s, the model %d", len(parts[q.Path]), q.Path, q.Size)
		}
		out = append(out, parts[q.Path]...)
	}
	return out
}

// Against JAX: 1e-8 of the norm in float64, 1e-4 in float32 for exact products. Differences are good to their
// truncation, of order h², in float64, and to rounding over h in float32.
func TestAgainstJAX(t *testing.T) {
	data, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens map[string]golden
	if err := json.Unmarshal(data, &goldens); err != nil {
		t.Fatal(err)
	}
	mlpSquare := mlp
	mlpSquare.loss, mlpSquare.regress = loss.MeanSquaredError, true
	nets := map[string]net{"mlp": mlp, "mlp mse": mlpSquare, "attention": attention, "cnn": cnn}
	for name, g := range goldens {
		t.Run(name, func(t *testing.T) {
			testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
				if name != "mlp" && name != "cnn" {
					testbackend.SkipRepeat(t, b)
				}
				for dtype, tolerance := range map[dtypes.DType]struct{ exact, difference float64 }{
					dtypes.Float64: {1e-8, 1e-7},
					dtypes.Float32: {1e-4, 1e-2},
				} {
					p, store := g.problem(t, b, nets[name], dtype)
					before := snapshot(t, store)
					got := make([]float64, p.Dim())
					value, err := p.Gradient(context.Background(), got, nil)
					if err != nil {
						t.Fatal(err)
					}
					checkClose(t, dtype.String()+" loss", value, g.Loss, tolerance.exact*g.Loss)
					checkVector(t, dtype.String()+" gradient", got, flat(t, p, g.Gradient), tolerance.exact)
					v := flat(t, p, g.Direction)
					cases := []struct {
						name      string
						h         curvature.Operator
						want      map[string][]float64
						tolerance float64
					}{
						{"exact Hessian", newHessian(t, p, curvature.Exact), g.HessianProduct, tolerance.exact},
						{"difference Hessian", newHessian(t, p, curvature.CentralDifference), g.HessianProduct, tolerance.difference},
						{"Gauss–Newton", curvature.NewGaussNewton(p), g.GaussNewtonProduct, tolerance.exact},
						{"Fisher", curvature.NewEmpiricalFisher(p), g.FisherProduct, tolerance.exact},
					}
					if dtype == dtypes.Float32 && testbackend.Compiled(t, b) {
						cases = cases[:1] // a compiler takes seconds for each of these; the arithmetic is that of float64
					}
					for _, c := range cases {
						if err := c.h.Apply(context.Background(), got, v); err != nil {
							t.Fatal(err)
						}
						checkVector(t, dtype.String()+" "+c.name, got, flat(t, p, c.want), c.tolerance)
					}
					if dtype == dtypes.Float64 {
						checkTop(t, p, g.HessianEigenvalues)
					}
					if after := snapshot(t, store); after != before { // running averages too
						t.Errorf("measuring changed the store from\n%s\nto\n%s", before, after)
					}
				}
			})
		})
	}
}

// checkTop compares the five largest eigenvalues by Lanczos.
func checkTop(t *testing.T, p *curvature.Problem, ascending []float64) {
	t.Helper()
	o := curvature.DefaultLanczosOptions(5)
	o.Tolerance, o.Floor, o.Basis = 1e-7, 1e-10, 20
	r, err := curvature.Lanczos(context.Background(), newHessian(t, p, curvature.Exact), o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Converged {
		t.Errorf("Lanczos: %s after %d products", r.Reason, r.Products)
	}
	for i, value := range r.Values() {
		want := ascending[len(ascending)-1-i]
		checkClose(t, "eigenvalue", value, want, 1e-7*ascending[len(ascending)-1])
	}
}

func checkVector(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if e := math.Sqrt(distance2(got, want) / distance2(want, make([]float64, len(want)))); !(e <= tolerance) {
		t.Errorf("%s is off by %.2g of its norm, want %.2g", what, e, tolerance)
	}
}
