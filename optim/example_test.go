package optim_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/optim"
)

// descend prints w after each of three steps from w = 1 on the loss w²/2, whose gradient is w.
func descend(opt optim.Optimizer) {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	step, err := model.NewExec(engine, model.NewStore(), func(scope *model.Scope, g *graph.Graph) *graph.Node {
		w := scope.VariableWithValue("w", 1.0)
		opt.UpdateGraph(scope, g, graph.MulScalar(graph.Square(w.NodeValue(g)), 0.5))
		return w.NodeValue(g)
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		fmt.Println(step.MustCall()[0].Value())
	}
}

// With learning rate ½ and momentum ½, m is 1, 1, 0.5.
func ExampleSGD() {
	descend(optim.SGD(0.5).Momentum(0.5).Done())
	// Output:
	// 0.5
	// 0
	// -0.25
}

// A gradient longer than ½ is shortened to ½; the last one, which is ½, is not.
func ExampleClip() {
	descend(optim.Clip(optim.SGD(0.5).Done(), 0.5))
	// Output:
	// 0.75
	// 0.5
	// 0.25
}

// The learning rate ½ is halved from step 1 on, and from step 2 on once more: ½, ¼, ⅛.
func ExampleScheduled() {
	descend(optim.Scheduled(optim.SGD(0.5).Done(), optim.Step([]int{1, 2}, 0.5)))
	// Output:
	// 0.5
	// 0.375
	// 0.328125
}

// Two steps of warm-up, then what is left of a cosine over four steps.
func ExampleLinearWarmup() {
	schedule := optim.LinearWarmup(2, optim.Cosine(4))
	for step := range 5 {
		fmt.Printf("%.3f ", schedule.Factor(step))
	}
	// Output: 0.500 0.854 0.500 0.146 0.000
}
