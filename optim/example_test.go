package optim_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/optim"
)

// The loss w²/2 has the gradient w. From w = 1 with learning rate ½ and momentum ½, by hand: the momentum is 1, 1,
// 0.5, so w is 0.5, 0, -0.25.
func ExampleSGD() {
	backend, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	opt := optim.SGD(0.5).Momentum(0.5).Done()
	step, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, g *graph.Graph) *graph.Node {
		w := scope.VariableWithValue("w", 1.0)
		loss := graph.MulScalar(graph.Square(w.NodeValue(g)), 0.5)
		opt.UpdateGraph(scope, g, loss)
		return w.NodeValue(g)
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		fmt.Println(step.MustCall()[0].Value())
	}
	// Output:
	// 0.5
	// 0
	// -0.25
}

// Two steps of warm-up, then what is left of a cosine over four steps.
func ExampleLinearWarmup() {
	schedule := optim.LinearWarmup(2, optim.Cosine(4))
	for step := range 5 {
		fmt.Printf("%.3f ", schedule.Factor(step))
	}
	// Output: 0.500 0.854 0.500 0.146 0.000
}
