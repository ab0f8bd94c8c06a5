package xsam_test

import (
	"fmt"
	"iter"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// rows yields a batch of two rows without end.
type rows struct{}

func (rows) Name() string { return "two rows" }

func (rows) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(train.Batch{
			Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]float64{1, 0, 0, 2}, 2, 2)},
			Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]float64{1, 1}, 2)},
		}, nil) {
		}
	}
}

func modelFn(scope *model.Scope, x *graph.Node) *graph.Node {
	w := scope.VariableWithValue("w", []float64{0.5, 0.25}).NodeValue(x.Graph())
	return graph.Tanh(graph.Einsum("bi,i->b", x, w))
}

func lossFn(labels, predictions []*graph.Node) *graph.Node {
	return graph.ReduceAllMean(graph.Square(graph.Sub(predictions[0], labels[0])))
}

// Three lines put X-SAM into a GoMLX program: an objective of the model and its loss, the optimizer around the one
// there was, and the data set in Schedule.
func Example() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	store := model.NewStore()

	obj := objective.New(modelFn, lossFn)
	opt, err := xsam.New(obj, optim.SGD(0.1).Momentum(0.9).Done(), xsam.DefaultConfig())
	if err != nil {
		log.Fatal(err)
	}
	trainer := train.NewTrainer(engine, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, rows{}), 9); err != nil {
		log.Fatal(err)
	}
	stats, err := opt.Stats(store)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("step %d, %v, %d gradients: loss %.3f, λ %.2f\n", stats.Step, stats.Kind, stats.Gradients,
		stats.Loss, stats.Lambda)
	// Output:
	// step 8, ascent, 2 gradients: loss 0.008, λ 0.07
}

// Each batch goes through the trainer in two parts, and the update is that of the whole batch. A step of the trainer is
// then a part of an update.
func ExampleOptimizer_Accumulate() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	for _, parts := range []int{1, 2} {
		store, obj, config := model.NewStore(), objective.New(modelFn, lossFn), xsam.SAMConfig()
		opt, err := xsam.New(obj, optim.SGD(0.5).Done(), config)
		if err != nil {
			log.Fatal(err)
		}
		ds, err := opt.Accumulate(store, rows{}, parts)
		if err != nil {
			log.Fatal(err)
		}
		trainer := train.NewTrainer(engine, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
		if _, err := train.NewLoop(trainer).RunSteps(ds, config.MicroSteps(0, parts)); err != nil {
			log.Fatal(err)
		}
		w := tensors.MustCopyFlatData[float64](store.GetVariable("/w").MustValue())
		fmt.Printf("in %d: w = %.4f\n", parts, w)
	}
	// Output:
	// in 1: w = [0.7230 0.7686]
	// in 2: w = [0.7230 0.7686]
}

// A label names a method with settings, as the command's --methods does.
func ExampleMethod() {
	config, err := xsam.Method("xsam:alpha=0.5:rho=0.1", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(config.Alpha, config.Rho, config.ProbeRadius, config.Refresh.Every)
	// Output:
	// 0.5 0.1 0.1 5
}

// The correction alone, for h = (3, 4), v = (1, 0): what points along v is taken away.
func ExampleCorrect() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	corrected := graph.MustNewExec(engine, func(h, v *graph.Node) *graph.Node {
		alpha := graph.Scalar(h.Graph(), h.DType(), 1)
		return xsam.Correct(xsam.Oriented, []*graph.Node{h}, []*graph.Node{v}, alpha)[0]
	})
	defer corrected.Finalize()
	fmt.Println(corrected.MustCall1([]float64{3, 4}, []float64{1, 0}).Value())
	// Output:
	// [0 4]
}
