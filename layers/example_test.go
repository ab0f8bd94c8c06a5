package layers_test

import (
	"fmt"
	"log"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/layers"
)

// A kernel k of two entries on an image of two pixels, 3 and 4, gives y = 3·k₁ + 4·k₂. The Hessian of L = ½y² with
// respect to k is [[9, 12], [12, 16]], so its product with (1, 0) is (9, 12).
func ExampleConvolve() {
	engine, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	image := tensors.FromFlatDataAndDimensions([]float64{3, 4}, 1, 1, 2, 1)
	kernel := tensors.FromFlatDataAndDimensions([]float64{0.5, -1}, 1, 2, 1, 1)
	product, err := graph.CallOnce(engine, func(x, k *graph.Node) *graph.Node {
		loss := graph.MulScalar(graph.ReduceAllSum(graph.Square(layers.Convolve(x, k).Done())), 0.5)
		gradient := graph.Reshape(graph.Gradient(loss, k)[0], 2)
		direction := graph.Const(x.Graph(), []float64{1, 0})
		return graph.Reshape(graph.Gradient(graph.ReduceAllSum(graph.Mul(gradient, direction)), k)[0], 2)
	}, image, kernel)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(product.Value())
	// Output: [9 12]
}
