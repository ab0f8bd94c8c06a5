package curvature_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// softmaxHessian is the closed form mean over samples of (diag p − ppᵀ) ⊗ x̃x̃ᵀ with x̃ = (x, 1), in the order of the store:
// weights [4, 3] row by row, then biases, whichever of the two comes first there.
func softmaxHessian(t *testing.T, p *curvature.Problem, batches []train.Batch) *mat.Dense {
	t.Helper()
	w, err := p.Weights()
	if err != nil {
		t.Fatal(err)
	}
	const inputs, classes = 4, 3
	position := map[string]int{}
	for _, q := range p.Parameters() {
		position[q.Path] = q.Offset
	}
	index := func(input, class int) int {
		if input == inputs {
			return position["/output/biases"] + class
		}
		return position["/output/weights"] + input*classes + class
	}
	h := mat.NewDense(p.Dim(), p.Dim(), nil)
	for _, b := range batches {
		tensors.MustConstFlatData(b.Inputs[0], func(flat []float64) {
			for i := 0; i < len(flat); i += inputs {
				x := append(append([]float64(nil), flat[i:i+inputs]...), 1)
				var prob [classes]float64
				total := 0.0
				for k := range classes {
					for j, xj := range x {
						prob[k] += xj * w[index(j, k)]
					}
					prob[k] = math.Exp(prob[k])
					total += prob[k]
				}
				for k := range classes {
					prob[k] /= total
				}
				for j, xj := range x {
					for l, xl := range x {
						for k := range classes {
							for m := range classes {
								b := -prob[k] * prob[m]
								if k == m {
									b += prob[k]
								}
								r, c := index(j, k), index(l, m)
								h.Set(r, c, h.At(r, c)+xj*xl*b/float64(p.Examples()))
							}
						}
					}
				}
			}
		})
	}
	return h
}

// For softmax regression H is known, equals G, and has one zero eigenvalue for each input from the shift of the logits.
func TestSoftmaxRegressionHasItsClosedForm(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		batches := softmaxRegression.data(dtypes.Float64, 7, 3) // 3 + 3 + 1: the mean must weigh the last batch by 1/7
		p := softmaxRegression.problemIn(t, b, model.NewStore(), batches, evaluation)
		want := softmaxHessian(t, p, batches)
		checkMatrix(t, "exact Hessian", columns(t, newHessian(t, p, curvature.Exact)), want, 1e-13)
		checkMatrix(t, "Gauss–Newton", columns(t, curvature.NewGaussNewton(p)), want, 1e-13)
		// h = 1e-5‖w‖: truncation of order h², rounding of order 1e-16/h.
		checkMatrix(t, "difference Hessian", columns(t, newHessian(t, p, curvature.CentralDifference)), want, 1e-8)
		a, _, err := curvature.Form(context.Background(), newHessian(t, p, curvature.Exact))
		if err != nil {
			t.Fatal(err)
		}
		values, _ := eigen(a)
		for i, value := range values[:5] {
			checkClose(t, fmt.Sprintf("eigenvalue %d", i), value, 0, 1e-14)
		}
	})
}

// For linear regression with a mean over n examples of (y − z)², H = G = (2/n) X̃ᵀX̃ with X̃ = (X, 1).
func TestLinearRegressionHasItsClosedForm(t *testing.T) {
	b := testbackend.Go(t)
	batches := linearRegression.data(dtypes.Float64, 7, 3)
	p := linearRegression.problemIn(t, b, model.NewStore(), batches, evaluation)
	offset := map[string]int{}
	for _, q := range p.Parameters() {
		offset[q.Path] = q.Offset
	}
	want := mat.NewDense(5, 5, nil)
	for _, batch := range batches {
		tensors.MustConstFlatData(batch.Inputs[0], func(flat []float64) {
			for i := 0; i < len(flat); i += 4 {
				x := mat.NewVecDense(5, nil)
				x.SetVec(offset["/output/biases"], 1)
				for j := range 4 {
					x.SetVec(offset["/output/weights"]+j, flat[i+j])
				}
				want.RankOne(want, 2.0/7, x, x)
			}
		})
	}
	checkMatrix(t, "exact Hessian", columns(t, newHessian(t, p, curvature.Exact)), want, 1e-13)
	checkMatrix(t, "Gauss–Newton", columns(t, curvature.NewGaussNewton(p)), want, 1e-13)
}

// Against the dense Hessian from differences of gradients, on both engines, in both types. The float32 operator is
// compared with the float64 truth: 1e-4 is its rounding through two differentiations.
func TestHessianAgainstDenseDifferences(t *testing.T) {
	cases := []struct {
		net     net
		options curvature.ProblemOptions
	}{
		{mlpL2, curvature.ProblemOptions{Norm: curvature.RunningAverages, Regularization: true}},
		{cnn, evaluation}, // the goldens have it in training
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s norm %d reg %v", c.net.name, c.options.Norm, c.options.Regularization), func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, b compute.Backend) {
				p, _ := c.net.problem(t, b, dtypes.Float64, c.options)
				want := differences(t, p)
				got := columns(t, newHessian(t, p, curvature.Exact))
				checkMatrix(t, "exact float64", got, want, 1e-8)
				checkMatrix(t, "exact float64, transposed", got.T(), got, 1e-12)
				checkMatrix(t, "difference float64", columns(t, newHessian(t, p, curvature.CentralDifference)), want, 1e-6)
				single, _ := c.net.problem(t, b, dtypes.Float32, c.options)
				checkMatrix(t, "exact float32", columns(t, newHessian(t, single, curvature.Exact)), want, 1e-4)
				// A step of 3e-3‖w‖ leaves rounding of 1e-7‖∇L‖/h and truncation of h²D⁴L.
				checkMatrix(t, "difference float32", columns(t, newHessian(t, single, curvature.CentralDifference)), want, 3e-3)
			})
		})
	}
}

// ∇²(0.15·Σw²) = 0.3·I on the parameters it covers: it shifts every eigenvalue.
func TestRegularizationShiftsTheHessian(t *testing.T) {
	b := testbackend.Go(t)
	without, _ := mlpL2.problem(t, b, dtypes.Float64, evaluation)
	with, _ := mlpL2.problem(t, b, dtypes.Float64, curvature.ProblemOptions{Norm: curvature.RunningAverages, Regularization: true})
	n := with.Dim()
	shift := mat.NewDense(n, n, nil)
	for i := range n {
		shift.Set(i, i, 0.3)
	}
	for _, op := range []struct {
		name string
		make func(p *curvature.Problem) curvature.Operator
	}{
		{"Hessian", func(p *curvature.Problem) curvature.Operator { return newHessian(t, p, curvature.Exact) }},
		{"Gauss–Newton", curvature.NewGaussNewton},
		{"Fisher", curvature.NewEmpiricalFisher},
	} {
		var d mat.Dense
		d.Sub(columns(t, op.make(with)), columns(t, op.make(without)))
		checkMatrix(t, op.name+": the difference that the L2 term makes", &d, shift, 1e-12)
	}
}

// H(a·u + b·v) = a·Hu + b·Hv and uᵀHv = vᵀHu, for every operator.
func TestOperatorsAreLinearAndSymmetric(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		p, _ := mlp.problem(t, b, dtypes.Float64, evaluation)
		n := p.Dim()
		u, v, both := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range u {
			u[i], v[i] = math.Sin(float64(3*i+1)), math.Cos(float64(i*i))
			both[i] = 2*u[i] - 3*v[i]
		}
		for name, h := range map[string]curvature.Operator{
			"Hessian": newHessian(t, p, curvature.Exact), "Gauss–Newton": curvature.NewGaussNewton(p), "Fisher": curvature.NewEmpiricalFisher(p),
		} {
			var out [3][]float64
			for i, x := range [][]float64{u, v, both} {
				out[i] = make([]float64, n)
				if err := h.Apply(context.Background(), out[i], x); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n { // numbers of order 1, rounded a few times
				checkClose(t, name+": H(2u − 3v)", out[2][i], 2*out[0][i]-3*out[1][i], 1e-13)
			}
			left := mat.Dot(mat.NewVecDense(n, u), mat.NewVecDense(n, out[1]))
			right := mat.Dot(mat.NewVecDense(n, v), mat.NewVecDense(n, out[0]))
			checkClose(t, name+": uᵀHv", left, right, 1e-13)
		}
	})
}

// The mean of the Hessians of the batches, weighted by their sizes, is that of one large batch; examples given twice
// change nothing.
func TestHessianIsAdditiveOverBatches(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		ragged := columns(t, newHessian(t, mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), evaluation), curvature.Exact))
		whole := columns(t, newHessian(t, mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 7), evaluation), curvature.Exact))
		twice := columns(t, newHessian(t, mlp.problemIn(t, b, store,
			append(mlp.data(dtypes.Float64, 7, 3), mlp.data(dtypes.Float64, 7, 3)...), evaluation), curvature.Exact))
		checkMatrix(t, "batches of 3, 3 and 1", ragged, whole, 1e-13)
		checkMatrix(t, "all data twice", twice, whole, 1e-13)
	})
}

// A subset by scope is a diagonal block of the whole.
func TestScopeTakesABlock(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		p, store := mlp.problem(t, b, dtypes.Float64, evaluation)
		whole := columns(t, newHessian(t, p, curvature.Exact))
		o := evaluation
		o.Scope = "/output"
		block := mlp.problemIn(t, b, store, mlp.data(dtypes.Float64, 7, 3), o)
		if block.Dim() != 18 {
			t.Fatalf("the output layer has %d parameters, want 18", block.Dim())
		}
		var want []float64
		var at []int
		for _, q := range p.Parameters() {
			if strings.HasPrefix(q.Path, "/output/") {
				for i := range q.Size {
					at = append(at, q.Offset+i)
				}
			}
		}
		for _, i := range at {
			for _, j := range at {
				want = append(want, whole.At(i, j))
			}
		}
		for _, method := range []curvature.Method{curvature.Exact, curvature.CentralDifference} {
			got := columns(t, newHessian(t, block, method))
			checkMatrix(t, fmt.Sprintf("block by method %d", method), got, mat.NewDense(18, 18, want), 1e-6)
		}
		o.Scope = "/nowhere"
		_, err := curvature.NewProblem(context.Background(), b, store, objective.New(mlp.model, mlp.loss), mlp.data(dtypes.Float64, 7, 3), o)
		if err == nil || !strings.Contains(err.Error(), `scope "/nowhere"`) {
			t.Errorf("error %v, want one that names the scope", err)
		}
	})
}

// λmax of a model through both methods is that of the dense matrix.
func TestLambdaMaxOfAModel(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		p, _ := mlp.problem(t, b, dtypes.Float32, evaluation)
		exact := newHessian(t, p, curvature.Exact)
		a, _, err := curvature.Form(context.Background(), exact)
		if err != nil {
			t.Fatal(err)
		}
		values, _ := eigen(a)
		want := values[len(values)-1]
		for _, h := range []curvature.Operator{exact, newHessian(t, p, curvature.CentralDifference)} {
			r, err := curvature.LambdaMax(context.Background(), h, curvature.LambdaMaxOptions())
			if err != nil {
				t.Fatal(err)
			}
			if !r.Converged || !(r.RelativeResidual() <= 1e-2) {
				t.Errorf("residual %.2g after %d products, %q: want convergence", r.RelativeResidual(), r.Products, r.Reason)
			}
			checkClose(t, "λmax", r.Value(), want, 2e-3*want) // the error of a Rayleigh quotient is residual²/gap
		}
	})
}

// A halved step shows the error that a step too large makes, and a step of the default size has little.
func TestDifferenceErrorSeesTheStep(t *testing.T) {
	b := testbackend.Go(t)
	p, _ := mlp.problem(t, b, dtypes.Float64, evaluation)
	v := make([]float64, p.Dim())
	for i := range v {
		v[i] = math.Cos(float64(i))
	}
	want, got := make([]float64, p.Dim()), make([]float64, p.Dim())
	if err := newHessian(t, p, curvature.Exact).Apply(context.Background(), want, v); err != nil {
		t.Fatal(err)
	}
	for _, step := range []float64{0.3, 0.1, 0.03} {
		h, err := curvature.NewDifferenceHessian(p, step)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Apply(context.Background(), got, v); err != nil {
			t.Fatal(err)
		}
		e, err := h.DifferenceError(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		truth := math.Sqrt(distance2(got, want) / distance2(want, make([]float64, len(want))))
		if !(e > 0.6*truth && e < 0.9*truth) { // 3/4, to higher orders of the step
			t.Errorf("step %v: estimated error %.3g, true one %.3g: want 3/4 of it", step, e, truth)
		}
	}
}

func distance2(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return sum
}

// 20,010 parameters: a product that kept one vector of them would hold 80 KB more each time, 24 MB over 300 products.
func TestProductsLeaveMemoryFlat(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Skip("no /proc to read the resident memory from")
	}
	wide := net{name: "wide", loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			return []*graph.Node{linear(scope.In("output"), in[0], 2000, 10)}
		}}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		batches := []train.Batch{{
			Inputs: []*tensors.Tensor{numbers(dtypes.Float32, make([]float64, 8*2000), 8, 2000)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(make([]int32, 8), 8, 1)},
		}}
		p := wide.problemIn(t, b, model.NewStore(), batches, evaluation)
		v, hv := make([]float64, p.Dim()), make([]float64, p.Dim())
		v[0] = 1
		operators := []curvature.Operator{newHessian(t, p, curvature.Exact), newHessian(t, p, curvature.CentralDifference)}
		products := func(count int) {
			for i := range count {
				if err := operators[i%2].Apply(context.Background(), hv, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		products(60)
		before := residentBytes(t)
		products(300)
		if grown := residentBytes(t) - before; grown > 12<<20 {
			t.Errorf("300 products grew the resident memory by %d KB, want less than 12 MB", grown>>10)
		}
	})
}

func residentBytes(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	t.Fatal("no VmRSS in /proc/self/status")
	return 0
}

func TestRandomLossIsRefused(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		_, err := curvature.NewProblem(context.Background(), b, model.NewStore(), objective.New(dropout.model, dropout.loss),
			dropout.data(dtypes.Float32, 7, 3), training)
		if err == nil || !strings.Contains(err.Error(), "draws random numbers") {
			t.Errorf("with dropout in training: error %v, want a refusal", err)
		}
		dropout.problem(t, b, dtypes.Float32, evaluation) // off in evaluation
	})
}

func TestProblemChecksItsArguments(t *testing.T) {
	b := testbackend.Go(t)
	obj := objective.New(mlp.model, mlp.loss)
	for _, tt := range []struct {
		name    string
		batches []train.Batch
		options curvature.ProblemOptions
		want    string
	}{
		{"no norm mode", mlp.data(dtypes.Float64, 2, 2), curvature.ProblemOptions{}, "Norm = 0"},
		{"no batches", nil, evaluation, "no batches"},
		{"no inputs", []train.Batch{{}}, evaluation, "batch 0 has no input"},
	} {
		_, err := curvature.NewProblem(context.Background(), b, model.NewStore(), obj, tt.batches, tt.options)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
	p, _ := mlp.problem(t, b, dtypes.Float64, evaluation)
	if err := newHessian(t, p, curvature.Exact).Apply(context.Background(), make([]float64, p.Dim()), make([]float64, 3)); err == nil {
		t.Error("a vector of 3 numbers was taken for one of all parameters")
	}
	if _, err := curvature.NewHessian(p, 0); err == nil {
		t.Error("method 0 was taken")
	}
	if _, err := curvature.NewDifferenceHessian(p, math.NaN()); err == nil {
		t.Error("a step of NaN was taken")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Loss(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
