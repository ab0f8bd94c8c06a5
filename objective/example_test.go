package objective_test

import (
	"fmt"
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

// The loss w²/2 has the gradient w. From w = 1, SAM climbs by ρ = 0.05 to 1.05 and takes the gradient there: a step
// with learning rate 1 ends at 1 − 1.05.
func ExampleNew() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	modelFn := func(scope *model.Scope, x *graph.Node) *graph.Node {
		return graph.Mul(scope.VariableWithValue("w", 1.0).NodeValue(x.Graph()), x)
	}
	lossFn := func(labels, predictions []*graph.Node) *graph.Node {
		return graph.MulScalar(graph.Square(graph.Sub(predictions[0], labels[0])), 0.5)
	}

	obj := objective.New(modelFn, lossFn)
	opt, err := xsam.New(obj, optim.SGD(1).Done(), xsam.SAMConfig())
	if err != nil {
		log.Fatal(err)
	}
	store := model.NewStore()
	trainer := train.NewTrainer(engine, store, obj.ModelFn, obj.LossFn, opt, nil, nil) // both of them from obj
	if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, one{}), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("w = %.2f\n", tensors.ToScalar[float64](store.GetVariable("/w").MustValue()))
	// Output: w = -0.05
}
