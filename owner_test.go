package xsam_test

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
)

// Two optimizers that take turns on one store would mix up their v; with a place each they do not.
func TestTwoOptimizersOnOneStore(t *testing.T) {
	b := testbackend.Go(t)
	var which string
	obj := objective.New(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		g := in[0].Graph()
		return []*graph.Node{scope.VariableWithValue("a", 1.0).SetTrainable(which == "a").NodeValue(g),
			scope.VariableWithValue("b", 1.0).SetTrainable(which == "b").NodeValue(g)}
	}, func(_, p []*graph.Node) *graph.Node { // (a² + 4b²)/2
		return graph.Add(graph.MulScalar(graph.Square(p[0]), 0.5), graph.MulScalar(graph.Square(p[1]), 2))
	})
	for _, apart := range []bool{false, true} {
		store := model.NewStore()
		first, err := xsam.New(obj, optim.SGD(0.001).Done(), xsam.LiteConfig())
		if err != nil {
			t.Fatal(err)
		}
		second, err := xsam.New(obj, optim.SGD(0.001).Done(), xsam.LiteConfig())
		if err != nil {
			t.Fatal(err)
		}
		if apart {
			second = second.InScope("/second")
		}
		turn := func(name string, opt *xsam.Optimizer) error {
			which = name
			for _, v := range []string{"/a", "/b"} {
				if v := store.GetVariable(v); v != nil {
					v.SetTrainable(v.Path() == "/"+name)
				}
			}
			trainer := newTrainer(b, store, obj, opt)
			_, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, four()), 1)
			return err
		}
		for range 12 {
			if err = turn("a", first); err == nil {
				err = turn("b", second)
			}
			if err != nil {
				break
			}
		}
		if !apart {
			if err == nil || !strings.Contains(err.Error(), "InScope") {
				t.Errorf("error %v: want one that names InScope", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := first.Stats(store)
		if err != nil {
			t.Fatal(err)
		}
		q, err := second.Stats(store)
		if err != nil {
			t.Fatal(err)
		}
		if !near([]float64{p.Lambda, q.Lambda}, []float64{1, 4}, 1e-6) || p.Step != 11 || q.Step != 11 {
			t.Errorf("λ %v and %v after steps %d and %d, want 1 and 4 after 11 each", p.Lambda, q.Lambda, p.Step, q.Step)
		}
	}
}
