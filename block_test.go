package xsam_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
	"github.com/xsam-go/xsam/objective"
)

// withBlock is two convolutions, the second with an even kernel, and two dense layers, of which the first is in a block
// of Node.Checkpoint or not: what GoMLX takes the derivatives of by computing it anew.
func withBlock(block bool) *objective.Objective {
	return objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		kernel := func(name string, height, from, to int) *graph.Node {
			random := rand.New(rand.NewPCG(uint64(height), uint64(from)))
			values := make([][][][]float64, height)
			for a := range values {
				values[a] = [][][]float64{make([][]float64, from)}
				for i := range from {
					for range to {
						values[a][0][i] = append(values[a][0][i], random.NormFloat64()/2)
					}
				}
			}
			return scope.In("%s", name).VariableWithValue("k", values).NodeValue(g)
		}
		x := graph.Reshape(in[0], -1, 6, 1, 1)
		x = graph.Tanh(layers.Convolve(x, kernel("c0", 3, 1, 2)).Same().Done())
		x = graph.Tanh(layers.Convolve(x, kernel("c1", 2, 2, 2)).Same().Done())
		x = graph.Reshape(x, -1, 12)
		if block {
			x = x.Checkpoint()
		}
		x = graph.Tanh(dense(scope.In("hidden"), x, 12, 8, 1))
		if block {
			x = x.StopCheckpoint()
		}
		return []*graph.Node{dense(scope.In("output"), x, 8, 3, 2)}
	}, net{}.lossFn)
}

// A block of GoMLX's gradient checkpointing saves memory and changes no step, of whatever kind.
func TestGradientCheckpointing(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, c := range schedules() {
			t.Run(name, func(t *testing.T) {
				if name != "xsam" && name != "paper" {
					testbackend.SkipRepeat(t, b)
				}
				plain := newLabWith(t, b, seededStore(), withBlock(false), descent(), c, examples{})
				block := newLabWith(t, b, seededStore(), withBlock(true), descent(), c, examples{})
				plain.step(6)
				block.step(6)
				for _, path := range []string{"/c0/k", "/c1/k", "/hidden/weights", "/output/weights"} {
					if got, want := block.vector(path), plain.vector(path); !near(got, want, 1e-9) {
						t.Errorf("%s with a block\n got %v\nwant %v", path, got, want)
					}
				}
			})
		}
	})
}
