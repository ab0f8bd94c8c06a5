package curvature_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/objective"
)

// productProblem is the loss (1 − xy)²/2 at (x, y) = (2, 0.5), a minimum with the Hessian [[y², 2xy−1], [2xy−1, x²]], whose
// eigenvalues are 4.25 and 0. Its data are one example that plays no part.
func productProblem(ctx context.Context) (*curvature.Problem, error) {
	modelFn := func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		x := scope.VariableWithValue("x", 2.0).NodeValue(in[0].Graph())
		y := scope.VariableWithValue("y", 0.5).NodeValue(in[0].Graph())
		return []*graph.Node{graph.Reshape(graph.Mul(x, y), 1)}
	}
	lossFn := func(_, predictions []*graph.Node) *graph.Node {
		return graph.ReduceAllMean(graph.MulScalar(graph.Square(graph.OneMinus(predictions[0])), 0.5))
	}
	engine, err := gobackend.New("")
	if err != nil {
		return nil, err
	}
	batch := train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]float64{0}, 1)}}
	return curvature.NewProblem(ctx, engine, model.NewStore(), objective.New(modelFn, lossFn), []train.Batch{batch},
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
}

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

// Along x the loss is (1 − (2 + t)/2)²/2 = t²/8.
func ExampleProblem_Line() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	losses, err := problem.Line(ctx, []float64{1, 0}, curvature.Grid(-2, 2, 5))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", losses)
	// Output: [0.500 0.125 0.000 0.125 0.500]
}

// At a minimum there is no gradient to climb along, so a step of ascent finds no rise.
func ExampleProblem_BallSharpness() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	ascent, err := problem.BallSharpness(ctx, curvature.AscentOptions{Rho: 0.05, Steps: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("rise %.3f\n", ascent.Rise())
	// Output: rise 0.000
}
