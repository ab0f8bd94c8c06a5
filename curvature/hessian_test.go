package curvature_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
)

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
				testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
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
	with, _ := mlpL2.problem(t, b, dtypes.Float64, curvature.ProblemOptions{Norm: curvature.RunningAverages,
		Regularization: true})
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
		testbackend.SkipRepeat(t, b) // TestAgainstJAX is XLA's case
		p, _ := mlp.problem(t, b, dtypes.Float64, evaluation)
		n := p.Dim()
		u, v, both := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range u {
			u[i], v[i] = math.Sin(float64(3*i+1)), math.Cos(float64(i*i))
			both[i] = 2*u[i] - 3*v[i]
		}
		for name, h := range map[string]curvature.Operator{
			"Hessian": newHessian(t, p, curvature.Exact), "Gauss–Newton": curvature.NewGaussNewton(p),
			"Fisher": curvature.NewEmpiricalFisher(p),
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

// λmax of a model through both methods is that of the dense matrix.
func TestLambdaMaxOfAModel(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
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
