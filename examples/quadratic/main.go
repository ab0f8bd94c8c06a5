// Quadratic shows what the methods do in a valley: L(x, y) = (1 − xy)²/2, whose minima xy = 1 all have the loss 0 but
// differ in λmax = x² + y². Plain descent stops at the sharp minimum next to where it starts. SAM and X-SAM move on
// along the valley towards the flattest one, x = y = 1 with λmax = 2; here SAM gets further than X-SAM.
//
//	go run ./examples/quadratic
package main

import (
	"context"
	"fmt"
	"iter"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

func main() {
	engine, err := backend.Open(context.Background(), backend.Options{Name: "go"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("method      loss       x       y     λmax")
	for _, method := range []struct {
		name   string
		config xsam.Config
	}{{"sgd", xsam.SGDConfig()}, {"sam", xsam.SAMConfig()}, {"xsam", xsam.DefaultConfig()}, {"xsam-lite",
		xsam.LiteConfig()}} {
		x, y, err := descend(engine.Backend, method.config, 2000)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		off := 1 - x*y
		fmt.Printf("%-9s %6.4f  %6.3f  %6.3f   %6.3f\n", method.name, off*off/2, x, y, x*x+y*y)
	}
}

// descend minimises the loss from (2, 0.4) and returns where it ends.
func descend(engine compute.Backend, config xsam.Config, steps int) (x, y float64, err error) {
	obj := objective.New(point, loss)
	opt, err := xsam.New(obj, optim.SGD(0.05).Done(), config)
	if err != nil {
		return 0, 0, err
	}
	store := model.NewStore()
	defer store.Finalize()
	trainer := train.NewTrainer(engine, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, noData{}), steps); err != nil {
		return 0, 0, err
	}
	w, err := store.GetVariable("/w").Value()
	if err != nil {
		return 0, 0, err
	}
	values := w.Value().([]float64)
	return values[0], values[1], nil
}

// point is a model that ignores its input: its prediction is the weight vector itself.
func point(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
	return []*graph.Node{scope.VariableWithValue("w", []float64{2, 0.4}).NodeValue(inputs[0].Graph())}
}

// loss is (1 − xy)²/2.
func loss(_, predictions []*graph.Node) *graph.Node {
	w := predictions[0]
	exchange := graph.Const(w.Graph(), [][]float64{{0, 1}, {1, 0}})
	xy := graph.MulScalar(graph.ReduceAllSum(graph.Mul(w, graph.Einsum("ij,j->i", exchange, w))), 0.5)
	return graph.MulScalar(graph.Square(graph.OneMinus(xy)), 0.5)
}

// noData yields empty batches: one number that nobody reads.
type noData struct{}

func (noData) Name() string { return "none" }

func (noData) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromScalar(0.0)}}, nil) {
		}
	}
}
