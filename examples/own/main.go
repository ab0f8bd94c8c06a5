// Own compares SAM and X-SAM on a model and data of its own: a transformer learns which of eight numbers is largest.
package main

import (
	"context"
	"log"
	"math/rand"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/dataset"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/objective"
)

func main() {
	engine := must(backend.Open(context.Background(), backend.Options{Out: os.Stderr}))
	rows := func(seed int64) *dataset.InMemoryDataset {
		x, y, random := []int{}, []int{}, rand.New(rand.NewSource(seed))
		for i := range 640 {
			x = append(x, random.Perm(20)[:8]...)
			y = append(y, slices.Max(x[8*i:]))
		}
		data := []any{tensors.FromFlatDataAndDimensions(x, 640, 8), tensors.FromFlatDataAndDimensions(y, 640, 1)}
		return must(dataset.InMemoryFromData(engine.Backend, "rows", data[:1], data[1:])).BatchSize(32, true).WithRand(random)
	}
	study := experiment.NewStudy("maxima", "transformer")
	study.Objective = objective.New(func(scope *model.Scope, numbers *graph.Node) *graph.Node {
		x := layers.Dense(scope.In("in"), graph.OneHot(numbers, 20, dtypes.Float32), true, 32)
		x = graph.Add(x, attention.SelfAttention(scope.In("attention"), x, 4, 8).Done())
		return layers.Dense(scope.In("out"), graph.Tanh(graph.ReduceMean(x, 1)), true, 20)
	}, loss.SparseCategoricalCrossEntropyLogits)
	study.Base = func() optimizer.Interface { return optimizer.Adam().LearningRate(0.003).Done() }
	study.Train = func(seed int64) (train.Dataset, error) { return rows(seed).Shuffle(), nil }
	study.Test, study.Metric = rows(-1), experiment.Accuracy(metric.NewSparseCategoricalAccuracy("accuracy", "acc"))
	study.Epochs, study.StepsPerEpoch, study.Methods = 5, 20, []string{"sam", "xsam:alpha=0.5"}
	study.Settings = map[string]string{"adam": "lr 0.003"}
	options := experiment.Options{Existing: experiment.Resume}
	must(0, must(experiment.Compare(context.Background(), engine, study, "maxima", options)).WriteText(os.Stdout))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
