package backend_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam/backend"
)

// GoMLX's pure-Go engine needs no download. Without a name Open takes the best engine that the machine has, and
// installs XLA for the CPU when it is missing.
func ExampleOpen() {
	engine, err := backend.Open(context.Background(), backend.Options{Name: "go"})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Finalize()
	sum, err := graph.CallOnce(engine.Backend, graph.ReduceAllSum, []float64{1, 2, 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(engine.Name, sum.Value())
	// Output: go 6
}
