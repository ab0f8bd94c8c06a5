package backend_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/xsam-go/xsam/backend"
)

// Sixteen convolutions that do not depend on each other: with the pure-Go engine's own defaults they hang within a few
// calls on two cores.
func TestGoEngineDoesNotHang(t *testing.T) {
	engine, err := backend.Open(context.Background(), backend.Options{Name: "go"})
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(engine.Backend, func(x, kernel *graph.Node) *graph.Node {
		sum := x
		for i := range 16 {
			sum = graph.Add(sum, graph.Convolve(graph.AddScalar(x, float64(i)), kernel).PadSame().Done())
		}
		return sum
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	x := tensors.FromShape(shapes.Make(dtypes.Float32, 8, 6, 6, 3))
	kernel := tensors.FromShape(shapes.Make(dtypes.Float32, 3, 3, 3, 3))
	done := make(chan error, 1)
	go func() {
		for range 100 {
			out, err := exec.Call1(x, kernel)
			if err != nil {
				done <- err
				return
			}
			out.MustFinalizeAll()
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute): // 100 calls take a fraction of a second
		t.Fatal("the pure-Go engine hangs")
	}
}
