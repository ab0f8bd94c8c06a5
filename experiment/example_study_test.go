package experiment_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/runlog"
)

// line yields so many batches of four points of the line y = 2x.
type line int

func (line) Name() string { return "line" }

func (n line) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for range n {
			x := tensors.FromFlatDataAndDimensions([]float32{-2, -1, 1, 2}, 4, 1)
			y := tensors.FromFlatDataAndDimensions([]float32{-4, -2, 2, 4}, 4, 1)
			if !yield(train.Batch{Inputs: []*tensors.Tensor{x}, Labels: []*tensors.Tensor{y}}, nil) {
				return
			}
		}
	}
}

// linear maps x to wx, whose squared error has the second derivative 2·(4+1+1+4)/4 = 5 everywhere.
func linear(scope *model.Scope, x *graph.Node) *graph.Node {
	return layers.Dense(scope.In("w"), x, false, 1)
}

// largest is the largest error of the four points, less of which is better.
func largest(_ *model.Scope, labels, predictions []*graph.Node) *graph.Node {
	return graph.ReduceAllMax(graph.Abs(graph.Sub(labels[0], predictions[0])))
}

func lineStudy() experiment.Study {
	study := experiment.NewStudy("line", "linear")
	study.Objective = objective.New(linear, loss.MeanSquaredError)
	study.Base = func() optimizer.Interface { return optim.SGD(0.1).Done() }
	study.Train = func(int64) (train.Dataset, error) { return line(5), nil }
	study.Test = line(1)
	study.Metric = experiment.Metric{Name: "largest error", Better: experiment.Lower,
		Of: metric.NewMeanMetric("largest error", "max", "error", largest, nil)}
	study.Epochs, study.StepsPerEpoch = 4, 5
	return study
}

// Methods on a model, data and a metric of one's own.
func ExampleCompare() {
	ctx := context.Background()
	engine, err := backend.Open(ctx, backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "line")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	study := lineStudy()
	study.Methods, study.Seeds = []string{"sgd", "sam:rho=0.01"}, 2
	table, err := experiment.Compare(ctx, engine, study, dir, experiment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range table.Rows {
		fmt.Printf("%s: λmax %.3f, %s below 0.1: %v\n", r.Method, r.LambdaMax.Mean, table.Metric, r.TestMetric.Mean < 0.1)
	}
	// Output:
	// sgd: λmax 5.000, largest error below 0.1: true
	// sam:rho=0.01: λmax 5.000, largest error below 0.1: true
}

// A loop of one's own that leaves a run directory.
func ExampleAttach() {
	engine, err := backend.Open(context.Background(), backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	out, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(out)
	study, store := lineStudy(), model.NewStore()
	opt, err := xsam.New(study.Objective, study.Base(), xsam.SAMConfig())
	if err != nil {
		log.Fatal(err)
	}
	trainer := train.NewTrainer(engine.Backend, store, study.Objective.ModelFn, study.Objective.LossFn, opt, nil,
		[]metric.Interface{study.Metric.Of})
	loop := train.NewLoop(trainer)

	dir := filepath.Join(out, runlog.Name("sam", 1))
	run := experiment.LoopRun{Study: study, Method: "sam", Seed: 1, Engine: engine}
	if err := experiment.Attach(context.Background(), loop, opt, dir, run); err != nil {
		log.Fatal(err)
	}
	if _, err := loop.RunSteps(opt.Schedule(store, line(20)), 20); err != nil {
		log.Fatal(err)
	}
	saved, err := runlog.ReadRun(dir)
	if err != nil {
		log.Fatal(err)
	}
	s := saved.Summary
	fmt.Printf("%s: finished %v, %d steps, λmax %.3f\n", s.Method, s.Finished, s.Steps, s.LambdaMax.Float())
	// Output:
	// sam: finished true, 20 steps, λmax 5.000
}
