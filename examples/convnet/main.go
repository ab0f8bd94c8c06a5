// Convnet trains a small convolutional network of GoMLX's own layers, batch norm and dropout among them, with X-SAM,
// and measures the largest eigenvalues of its Hessian, with batch norm's running averages and with the statistics of
// the batch.
//
//	go run ./examples/convnet
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

func main() {
	method := flag.String("method", "xsam", "sgd, sam, xsam or xsam-lite")
	steps := flag.Int("steps", 300, "training steps")
	flag.Parse()
	if err := run(context.Background(), *method, *steps); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, method string, steps int) error {
	preset, known := xsam.Presets[method]
	if !known {
		return fmt.Errorf("unknown method %q: want sgd, sam, xsam or xsam-lite", method)
	}
	engine, err := backend.Open(ctx, backend.Options{Out: os.Stderr})
	if err != nil {
		return err
	}
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	obj := objective.New(convnet, loss.SparseCategoricalCrossEntropyLogits)
	opt, err := xsam.New(obj, optim.SGD(0.05).Momentum(0.9).WeightDecay(5e-4).Done(), preset())
	if err != nil {
		return err
	}
	trainer := train.NewTrainer(engine.Backend, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	metrics, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, stripes{}), steps)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d steps: loss of the last batch %.3f\n", method, steps, tensors.ToScalar[float32](metrics[0]))

	batches := []train.Batch{batch(-1), batch(-2)}
	names := []string{"running averages", "batch statistics"}
	for i, mode := range []curvature.NormMode{curvature.RunningAverages, curvature.BatchStatistics} {
		problem, err := curvature.NewProblem(ctx, engine.Backend, store, obj, batches, curvature.ProblemOptions{Norm: mode})
		if err != nil {
			return err
		}
		defer problem.Close()
		top, err := curvature.Top(ctx, problem, 2)
		if err != nil {
			return err
		}
		fmt.Printf("%s: λ1 %.3f, λ2 %.3f on %d examples, %d products\n", names[i], top.Pairs[0].Value, top.Pairs[1].Value,
			problem.Examples(), top.Products)
	}
	return nil
}

// convnet maps images [batch, 12, 12, 1] to the logits of four directions.
func convnet(scope *model.Scope, x *graph.Node) *graph.Node {
	for i, channels := range []int{8, 16} {
		block := scope.In("block%d", i)
		x = layers.Convolution(block.In("conv"), x).Channels(channels).KernelSize(3).PadSame().Done()
		x = activation.Apply(activation.TypeSwish, norm.BatchNorm(block.In("norm"), x, -1).Done())
		x = graph.MaxPool(x).Window(2).Done()
	}
	x = layers.DropoutNormalize(scope.In("dropout"), x, graph.Scalar(x.Graph(), dtypes.Float32, 0.2), true)
	return layers.Dense(scope.In("logits"), graph.ReduceMean(x, 1, 2), true, 4)
}

// stripes are images of stripes in one of four directions, under noise.
type stripes struct{}

func (stripes) Name() string { return "stripes" }

func (stripes) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := 0; yield(batch(i), nil); i++ {
		}
	}
}

func batch(i int) train.Batch {
	const rows, side = 64, 12
	random := rand.New(rand.NewPCG(1, uint64(i)))
	x, y := make([]float32, 0, rows*side*side), make([]int32, rows)
	for row := range rows {
		y[row] = random.Int32N(4)
		angle, phase := float64(y[row])*math.Pi/4, random.Float64()*2*math.Pi
		for p := range side * side {
			along := float64(p%side)*math.Cos(angle) + float64(p/side)*math.Sin(angle)
			x = append(x, float32(math.Sin(1.6*along+phase)+random.NormFloat64()))
		}
	}
	return train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, side, side, 1)},
		Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, rows, 1)}}
}
