package curvature_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/curvature"
)

func ExampleNewHessian() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	hessian, err := curvature.NewHessian(problem, curvature.Exact)
	if err != nil {
		log.Fatal(err)
	}
	top, err := curvature.LambdaMax(ctx, hessian, curvature.LambdaMaxOptions())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("lambda_max = %.4f after %d products\n", top.Value(), top.Products)
	// Output: lambda_max = 4.2500 after 2 products
}

// At a minimum where the model fits exactly, Gauss–Newton is the Hessian: applied to the axis x it is (y², xy).
func ExampleNewGaussNewton() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	column := make([]float64, 2)
	if err := curvature.NewGaussNewton(problem).Apply(ctx, column, []float64{1, 0}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", column)
	// Output: [0.25 1.00]
}

// H by differences of gradients, which needs first derivatives only, with an estimate of its error along the x axis.
func ExampleNewDifferenceHessian() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	hessian, err := curvature.NewDifferenceHessian(problem, curvature.RelativeStep(problem.DType()))
	if err != nil {
		log.Fatal(err)
	}
	column := make([]float64, 2)
	if err := hessian.Apply(ctx, column, []float64{1, 0}); err != nil {
		log.Fatal(err)
	}
	relative, err := hessian.DifferenceError(ctx, []float64{1, 0})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f, error below 1e-6: %t\n", column, relative < 1e-6)
	// Output: [0.2500 1.0000], error below 1e-6: true
}

// At an exact fit every example's gradient is 0, and so is the Fisher matrix made of them.
func ExampleNewEmpiricalFisher() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	column := make([]float64, 2)
	if err := curvature.NewEmpiricalFisher(problem).Apply(ctx, column, []float64{1, 0}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", column)
	// Output: [0.00 0.00]
}

// Adam divides its step by D = √v̂ + ε. With second moments v̂ of 4 and 0.01 and ε → 0, D^-½ is (1/√2, 1/√0.1).
func ExampleProblem_AdamScales() {
	ctx := context.Background()
	store := model.NewStore()
	problem, err := productProblemIn(ctx, store)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	moments := store.RootScope().In(optimizer.AdamDefaultScope) // where training would have left them
	moments.VariableWithValue("x_2nd_moment", 4.0)
	moments.VariableWithValue("y_2nd_moment", 0.01)
	scales, err := problem.AdamScales(curvature.AdamOptions{Scope: optimizer.AdamDefaultScope, Beta2: 0, Epsilon: 1e-12,
		Step: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", scales)
	// Output: [0.7071 3.1623]
}
