// Physics solves u″ = −π² sin(πx) on [−1, 1] with u(±1) = 0 by a network whose loss contains derivatives with respect
// to its input. The solution is sin(πx).
//
//	go run ./examples/physics
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/objective"
)

func main() {
	method := flag.String("method", "xsam-lite", "sgd, sam, xsam or xsam-lite, around Adam")
	steps := flag.Int("steps", 1500, "training steps")
	flag.Parse()
	if err := run(*method, *steps); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(method string, steps int) error {
	preset, known := xsam.Presets[method]
	if !known {
		return fmt.Errorf("unknown method %q: want sgd, sam, xsam or xsam-lite", method)
	}
	config := preset()
	if config.Alpha > 0 {
		config.Alpha = 0.5
	}
	if config.Rho > 0 {
		config.Rho = 0.005
	}
	engine, err := backend.Open(context.Background(), backend.Options{Out: os.Stderr})
	if err != nil {
		return err
	}
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	obj := objective.New(equation, nil) // the model adds its losses itself
	opt, err := xsam.New(obj, optimizer.Adam().LearningRate(0.003).Done(), config)
	if err != nil {
		return err
	}
	trainer := train.NewTrainer(engine.Backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, points{}), steps); err != nil {
		return err
	}
	solution, err := model.NewExec(engine.Backend, store, network)
	if err != nil {
		return err
	}
	defer solution.Finalize()
	var worst float64
	grid := make([][]float64, 201)
	for i := range grid {
		grid[i] = []float64{-1 + float64(i)/100}
	}
	u, err := solution.Call1(grid)
	if err != nil {
		return err
	}
	values, err := tensors.CopyFlatData[float64](u)
	if err != nil {
		return err
	}
	for i, x := range grid {
		worst = max(worst, math.Abs(values[i]-math.Sin(math.Pi*x[0])))
	}
	fmt.Printf("%s, %d steps: largest error of the solution %.4f\n", method, steps, worst)
	return nil
}

// network is u(x), with the boundary values built in: (1 − x²) times a net of two hidden layers.
func network(scope *model.Scope, x *graph.Node) *graph.Node {
	h := x
	for i := range 2 {
		h = graph.Tanh(layers.Dense(scope.In("hidden%d", i), h, true, 20))
	}
	return graph.Mul(graph.OneMinus(graph.Square(x)), layers.Dense(scope.In("out"), h, true, 1))
}

// equation adds the mean square of u″ + π² sin(πx) as its loss, and predicts u.
func equation(scope *model.Scope, x *graph.Node) *graph.Node {
	u := network(scope, x)
	first := graph.Gradient(graph.ReduceAllSum(u), x)[0]
	second := graph.Gradient(graph.ReduceAllSum(first), x)[0]
	force := graph.MulScalar(graph.Sin(graph.MulScalar(x, math.Pi)), math.Pi*math.Pi)
	train.AddMainLoss(graph.ReduceAllMean(graph.Square(graph.Add(second, force))))
	return u
}

// points yields batches of 64 random points of [−1, 1].
type points struct{}

func (points) Name() string { return "points" }

func (points) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := 0; yield(batch(i), nil); i++ {
		}
	}
}

func batch(i int) train.Batch {
	random, x := rand.New(rand.NewPCG(1, uint64(i))), make([]float64, 64)
	for i := range x {
		x[i] = 2*random.Float64() - 1
	}
	return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 64, 1)}}
}
