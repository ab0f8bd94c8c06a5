package curvature_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
)

// show prints an operator as the matrix that it is.
func show(h curvature.Operator) {
	a, _, err := curvature.Form(context.Background(), h)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", mat.Formatted(a))
}

func ExampleDense() {
	show(curvature.Dense(mat.NewSymDense(2, []float64{2, 1, 1, 3})))
	// Output:
	// ⎡2.00  1.00⎤
	// ⎣1.00  3.00⎦
}

// The operator xxᵀ for x = (1, 2), which needs no matrix.
func ExampleOperatorFunc() {
	show(curvature.OperatorFunc(2, func(_ context.Context, dst, src []float64) error {
		inner := src[0] + 2*src[1]
		dst[0], dst[1] = inner, 2*inner
		return nil
	}))
	// Output:
	// ⎡1.00  2.00⎤
	// ⎣2.00  4.00⎦
}

// H + 10·I: an L2 term 10·‖w‖²/2 in the loss does the same.
func ExampleShift() {
	show(curvature.Shift(curvature.Dense(mat.NewDiagDense(2, []float64{-3, 1})), 10))
	// Output:
	// ⎡ 7.00   0.00⎤
	// ⎣ 0.00  11.00⎦
}

// The smallest eigenvalue of H is minus the largest of −H.
func ExampleScale() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{-5, 1, 3}))
	top, err := curvature.LambdaMax(context.Background(), curvature.Scale(h, -1), curvature.LambdaMaxOptions())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("lambda_min = %.3f\n", -top.Value())
	// Output: lambda_min = -5.000
}

// With D = diag(4, 25): D^-½ diag(8, 50) D^-½ = diag(2, 2), as a step divided by D feels it.
func ExamplePreconditioned() {
	h, err := curvature.Preconditioned(curvature.Dense(mat.NewDiagDense(2, []float64{8, 50})), []float64{1.0 / 2, 1.0 / 5})
	if err != nil {
		log.Fatal(err)
	}
	show(h)
	// Output:
	// ⎡2.00  0.00⎤
	// ⎣0.00  2.00⎦
}

func ExampleForm() {
	a, asymmetry, err := curvature.Form(context.Background(), curvature.Dense(mat.NewSymDense(2, []float64{1, 2, 2, 1})))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("determinant %.0f, asymmetry %.0f\n", mat.Det(a), asymmetry)
	// Output: determinant -3, asymmetry 0
}

// L = x²y at (x, y) = (1, 2): the Hessian is [[2y, 2x], [2x, 0]], its product with (1, 1) is (6, 2).
func ExampleHVP() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	product, err := graph.CallOnce(engine, func(x, y *graph.Node) *graph.Node {
		one := graph.ScalarOne(x.Graph(), x.DType())
		loss := graph.Mul(graph.Square(x), y)
		return graph.Stack(curvature.HVP(loss, []*graph.Node{x, y}, []*graph.Node{one, one}), 0)
	}, 1.0, 2.0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(product.Value())
	// Output: [6 2]
}

// Two columns of the same Hessian from one gradient.
func ExampleHVPFromGradient() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	columns, err := graph.CallOnce(engine, func(x, y *graph.Node) *graph.Node {
		w := []*graph.Node{x, y}
		one, zero := graph.ScalarOne(x.Graph(), x.DType()), graph.ScalarZero(x.Graph(), x.DType())
		gradient := graph.Gradient(graph.Mul(graph.Square(x), y), w...)
		first := curvature.HVPFromGradient(gradient, w, []*graph.Node{one, zero})
		second := curvature.HVPFromGradient(gradient, w, []*graph.Node{zero, one})
		return graph.Stack(append(first, second...), 0)
	}, 1.0, 2.0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(columns.Value())
	// Output: [4 2 2 0]
}

// The step of central differences is a share of ‖w‖.
func ExampleRelativeStep() {
	fmt.Println(curvature.RelativeStep(dtypes.Float64), curvature.RelativeStep(dtypes.Float32))
	// Output: 1e-05 0.003
}

// Half of the spectrum at 0, half at 2: between the peaks, where the density is smoothed to nothing, it is 0.
func ExampleDensity_At() {
	h := curvature.Dense(mat.NewDiagDense(2, []float64{0, 2}))
	d, err := curvature.SpectralDensity(context.Background(), h, curvature.DensityOptions{Steps: 2,
		Vectors: [][]float64{{1, 0}, {0, 1}}})
	if err != nil {
		log.Fatal(err)
	}
	values, err := d.At([]float64{0, 1, 2}, 0.1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", values) // 0.5/(0.1·√2π) at the peaks
	// Output: [1.995 0.000 1.995]
}

// The mean of λ² is ‖H‖_F²/n: (1 + 4 + 9)/3.
func ExampleDensity_Mean() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{1, 2, 3}))
	d, err := curvature.SpectralDensity(context.Background(), h,
		curvature.DensityOptions{Steps: 3, Vectors: [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", d.Mean(func(lambda float64) float64 { return lambda * lambda }).Value)
	// Output: 4.667
}

func ExampleDensity_Range() {
	h := curvature.Dense(mat.NewDiagDense(3, []float64{-1, 2, 5}))
	d, err := curvature.SpectralDensity(context.Background(), h, curvature.DensityOptions{Steps: 3, Probes: 1})
	if err != nil {
		log.Fatal(err)
	}
	smallest, largest := d.Range()
	fmt.Printf("%.3f to %.3f\n", smallest, largest)
	// Output: -1.000 to 5.000
}

// η = 0.1: plain descent is stable below 2/η = 20, with momentum 0.9 below 38, Adam with β₁ = 0.9 below 380.
func ExampleMomentumEdge() {
	fmt.Printf("%.0f %.0f %.0f\n", curvature.GradientDescentEdge(0.1), curvature.MomentumEdge(0.1, 0.9),
		curvature.AdamEdge(0.1, 0.9))
	// Output: 20 38 380
}

// Far from the top of the spectrum: λ₁/λ₂ of diag(6, 3, 1).
func ExampleResult_Ratio() {
	top, err := curvature.Lanczos(context.Background(), curvature.Dense(mat.NewDiagDense(3, []float64{1, 6, 3})),
		curvature.DefaultLanczosOptions(2))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", top.Ratio(2))
	// Output: 2.00
}

func ExampleGrid() {
	fmt.Println(curvature.Grid(-1, 1, 5))
	// Output: [-1 -0.5 0 0.5 1]
}

// The line from one checkpoint to another: t = 1 is the second.
func ExampleDifference() {
	d, err := curvature.Difference([]float64{1, 2}, []float64{4, 6})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d)
	// Output: [3 4]
}
