// Gomlx is an ordinary GoMLX program, with X-SAM put into it: the lines marked ① ② ③ are all that changed. It learns
// which of two noisy half moons a point belongs to.
//
//	go run ./examples/gomlx                        with X-SAM
//	go run ./examples/gomlx -method sam            or SAM, or xsam-lite, or sgd
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/fnn"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/ui/commandline"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/objective"
)

func main() {
	method := flag.String("method", "xsam", "sgd, sam, xsam or xsam-lite")
	steps := flag.Int("steps", 1000, "training steps")
	progress := flag.Bool("progress", false, "show GoMLX's progress bar, with λ, the angle and ‖g‖ in it")
	flag.Parse()
	if err := run(*method, *steps, *progress); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(method string, steps int, progress bool) error {
	configs := map[string]xsam.Config{
		"sgd": xsam.SGDConfig(), "sam": xsam.SAMConfig(), "xsam": xsam.DefaultConfig(), "xsam-lite": xsam.LiteConfig(),
	}
	config, known := configs[method]
	if !known {
		return fmt.Errorf("unknown method %q: want sgd, sam, xsam or xsam-lite", method)
	}
	engine, err := backend.Open(context.Background(), backend.Options{Out: os.Stderr})
	if err != nil {
		return err
	}
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(1))
	training, err := moons(engine.Backend, "training", 400, 1)
	if err != nil {
		return err
	}
	test, err := moons(engine.Backend, "test", 2000, 2)
	if err != nil {
		return err
	}
	training.BatchSize(50, true).Shuffle().WithRand(rand.New(rand.NewSource(1))).Infinite(true)
	test.BatchSize(500, false)

	base := optimizer.Adam().LearningRate(0.01).Done()
	obj := objective.New(classify, loss.BinaryCrossentropyLogits) // ①
	opt, err := xsam.New(obj, base, config)                       // ②
	if err != nil {
		return err
	}
	accuracy := metric.NewMeanBinaryLogitsAccuracy("accuracy", "acc")
	trainer := train.NewTrainer(engine.Backend, store, obj.ModelFn, obj.LossFn, opt, opt.Metrics(),
		[]metric.Interface{accuracy})
	loop := train.NewLoop(trainer)
	if progress {
		commandline.AttachProgressBar(loop)
	}
	if _, err := loop.RunSteps(opt.Schedule(store, training), steps); err != nil { // ③
		return err
	}

	results, err := trainer.Eval(test)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d steps: test loss %.4f, test accuracy %.1f %%\n", method, steps,
		tensors.ToScalar[float32](results[0]), 100*tensors.ToScalar[float32](results[1]))
	if stats, err := opt.Stats(store); err == nil && !math.IsNaN(stats.Lambda) {
		fmt.Printf("last refresh: λ %.3f, residual %.2f, on one batch\n", stats.Lambda, stats.Residual)
	}
	return nil
}

// classify maps points [batch, 2] to logits [batch, 1].
func classify(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
	return []*graph.Node{fnn.New(scope, inputs[0], 1).NumHiddenLayers(2, 32).Activation(activation.TypeTanh).Done()}
}

// moons draws n points of two interleaved half circles with Gaussian noise of width 0.25.
func moons(b compute.Backend, name string, n int, seed int64) (*dataset.InMemoryDataset, error) {
	random := rand.New(rand.NewSource(seed))
	points, labels := make([]float32, 0, 2*n), make([]float32, 0, n)
	for i := range n {
		angle, class := math.Pi*random.Float64(), i%2
		x, y := math.Cos(angle), math.Sin(angle)
		if class == 1 {
			x, y = 1-x, 0.5-y
		}
		points = append(points, float32(x+0.25*random.NormFloat64()), float32(y+0.25*random.NormFloat64()))
		labels = append(labels, float32(class))
	}
	return dataset.InMemoryFromData(b, name,
		[]any{tensors.FromFlatDataAndDimensions(points, n, 2)}, []any{tensors.FromFlatDataAndDimensions(labels, n, 1)})
}
