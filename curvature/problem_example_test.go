package curvature_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/objective"
)

// productProblem is the loss (1 − xy)²/2 at (x, y) = (2, 0.5), a minimum with the Hessian [[y², 2xy−1], [2xy−1, x²]],
// whose eigenvalues are 4.25 and 0. Its data are one example that plays no part.
func productProblem(ctx context.Context) (*curvature.Problem, error) {
	return productProblemIn(ctx, model.NewStore())
}

func productProblemIn(ctx context.Context, store *model.Store) (*curvature.Problem, error) {
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
	return curvature.NewProblem(ctx, engine, store, objective.New(modelFn, lossFn), []train.Batch{batch},
		curvature.ProblemOptions{Norm: curvature.RunningAverages})
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

// What a Problem is: a function of one vector, the parameters in the order of their paths.
func ExampleNewProblem() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	w, err := problem.Weights()
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range problem.Parameters() {
		fmt.Println(p.Path, w[p.Offset:p.Offset+p.Size])
	}
	fmt.Println(problem.Examples(), "example,", problem.Dim(), "parameters")
	// Output:
	// /x [2]
	// /y [0.5]
	// 1 example, 2 parameters
}

// At (2, 1) the loss is (1 − 2)²/2, and its gradient (−y, −x)(1 − xy) = (1, 2).
func ExampleProblem_Gradient() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	gradient := make([]float64, 2)
	loss, err := problem.Gradient(ctx, gradient, []float64{0, 0.5})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("loss %.2f, gradient %.2f\n", loss, gradient)
	// Output: loss 0.50, gradient [1.00 2.00]
}

func ExampleProblem_Loss() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	loss, err := problem.Loss(ctx, []float64{-2, 0}) // at (0, 0.5)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", loss)
	// Output: 0.50
}

// A row for each y, a column for each x, around the minimum at (2, 0.5).
func ExampleProblem_Plane() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	losses, err := problem.Plane(ctx, []float64{1, 0}, []float64{0, 1}, []float64{-2, 0, 2}, []float64{-0.5, 0})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", losses)
	// Output: [[0.50 0.50 0.50] [0.50 0.00 0.50]]
}

// With a single batch the m-sharpness is the rise in one ball, which is 0 at a minimum.
func ExampleProblem_MSharpness() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	rise, gradients, err := problem.MSharpness(ctx, curvature.AscentOptions{Rho: 0.05, Steps: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("rise %.2f, %d gradients\n", rise, gradients)
	// Output: rise 0.00, 1 gradients
}

// Parameters without filters, such as these two scalars, do not move: their directions are 0.
func ExampleProblem_FilterNormalized() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	w, err := problem.Weights()
	if err != nil {
		log.Fatal(err)
	}
	direction, err := problem.FilterNormalized(w, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(direction)
	// Output: [0 0]
}

// The loss of each batch; here there is one, whose loss at (0, 0.5) is 1/2.
func ExampleProblem_BatchLosses() {
	ctx := context.Background()
	problem, err := productProblem(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer problem.Close()
	losses, err := problem.BatchLosses(ctx, []float64{-2, 0})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", losses)
	// Output: [0.50]
}

// Five examples in batches of two: the last one is smaller, and counts by its size.
func ExampleBatches() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	data, err := dataset.InMemoryFromData(engine, "five", []any{[]float64{1, 2, 3, 4, 5}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	batches, err := curvature.Batches(data.BatchSize(2, false))
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range batches {
		fmt.Println(b.Inputs[0].Shape())
	}
	// Output:
	// (Float64)[2]
	// (Float64)[2]
	// (Float64)[1]
}
