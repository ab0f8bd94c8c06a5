package xsam_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/xsam-go/xsam"
)

// plane calls a function of two vectors in the plane.
func plane(f func(x, y *graph.Node) *graph.Node, x, y []float64) any {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	out, err := graph.CallOnce(engine, f, x, y)
	if err != nil {
		log.Fatal(err)
	}
	return out.Value()
}

// The part of g = (1, 0) across h = (3, 4) is (0.64, −0.48); half of it is taken away.
func ExampleReduceGap() {
	fmt.Printf("%.2f\n", plane(func(h, g *graph.Node) *graph.Node {
		half := graph.Scalar(h.Graph(), dtypes.Float64, 0.5)
		return xsam.ReduceGap([]*graph.Node{h}, []*graph.Node{g}, half)[0]
	}, []float64{3, 4}, []float64{1, 0}))
	// Output: [2.68 4.24]
}

// The unit gradient (0.6, 0.8) leans towards v = (1, 0) by half of the part of v across it, (0.64, −0.48).
func ExampleLeanTo() {
	fmt.Printf("%.2f\n", plane(func(g, v *graph.Node) *graph.Node {
		return xsam.LeanTo([]*graph.Node{g}, []*graph.Node{v}, 0.5)[0]
	}, []float64{3, 4}, []float64{1, 0}))
	// Output: [0.92 0.56]
}

// The last fifth of 510 steps begins at step 408.
func ExampleConfig_ForRun() {
	fmt.Println(xsam.LateSAMConfig().ForRun(510).From)
	// Output: 408
}

// Descent with momentum 0.9 at the rate 0.1 has its edge of stability at 2·1.9/0.1 = 38: half of it is 19.
func ExampleConfig_UnderEdge() {
	c := xsam.DefaultConfig()
	if err := c.Set("max-lambda", "edge:0.5"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.UnderEdge(38).MaxLambda)
	// Output: 19
}
