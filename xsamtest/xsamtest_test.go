package xsamtest_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/xsamtest"
)

func shape(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

func (s subject) program(t *testing.T) xsamtest.Program {
	p := xsamtest.Program{Backend: testbackend.Go(t), Objective: s.objective, Batch: s.batch}
	if s.xla {
		testbackend.SkipSlow(t)
		p.Backend = testbackend.XLA(t)
	}
	if !s.whole {
		p.MicroBatches = 2
	}
	return p
}

// Models of users pass, whatever they are made of.
func TestCheck(t *testing.T) {
	for name, s := range subjects {
		t.Run(name, func(t *testing.T) {
			p := s.program(t)
			testbackend.SkipRepeat(t, p.Backend) // TestMatrix has two methods of it
			xsamtest.Check(t, p)
		})
	}
}

// A program that is at fault does not.
func TestCheckFindsFaults(t *testing.T) {
	passes := 0
	for name, c := range map[string]struct {
		modelFn func(scope *model.Scope, x *graph.Node) *graph.Node
		lossFn  train.LossFn
		want    string
	}{
		"state outside the store": {modelFn: func(scope *model.Scope, x *graph.Node) *graph.Node {
			passes++
			return graph.MulScalar(mlp(scope, x), 1+float64(passes)/100)
		}, lossFn: loss.MeanSquaredError, want: "two runs are the same run"},
		"a sum": {modelFn: mlp, lossFn: func(l, p []*graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Square(graph.Sub(l[0], p[0])))
		}, want: "cut into micro-batches: sgd"},
	} {
		t.Run(name, func(t *testing.T) {
			p := subjects["mlp"].program(t)
			p.Backend = testbackend.Go(t)
			p.Objective = func() *objective.Objective { return objective.New(c.modelFn, c.lossFn) }
			report := xsamtest.Run(p)
			failed := slices.ContainsFunc(report, func(f xsamtest.Finding) bool { return f.Check == c.want && !f.Passed })
			if report.Passed() || !failed {
				t.Errorf("want a failure of %q:\n%s", c.want, report)
			}
		})
	}
}

// Every subject under every schedule, whole and in parts. A few of the pairs in go test, all of them with
// XSAM_CONFORM=all (make conform), which prints the table.
func TestMatrix(t *testing.T) {
	all := os.Getenv("XSAM_CONFORM") == "all"
	methods := []string{"sgd", "sam", "xsam", "xsam-lite", "looksam", "xsam-paper"}
	var names []string
	for name := range subjects {
		names = append(names, name)
	}
	slices.Sort(names)
	var table strings.Builder
	for i, name := range names {
		for j, method := range methods {
			if !all && (i+j)%3 != 0 {
				continue
			}
			s, config := subjects[name], xsam.Presets[method]()
			t.Run(name+"/"+method, func(t *testing.T) {
				p := s.program(t)
				whole := xsamtest.RunMethod(p, config, 0)
				fmt.Fprintf(&table, "| %s | %s | whole | %s |\n", name, method, whole)
				if !whole.Passed {
					t.Error(whole)
				}
				if s.whole || config.By == xsam.ByExact {
					return
				}
				if config.By == xsam.ByPair && config.Refresh.Every > 0 { // a side that rounding chooses
					config.Side, config.Form = xsam.MeanOfPair, xsam.Projection
				}
				cut := xsamtest.RunMethod(p, config, 2)
				fmt.Fprintf(&table, "| %s | %s | in 2 parts | %s |\n", name, method, cut)
				if !cut.Passed {
					t.Error(cut)
				}
			})
		}
	}
	if all {
		t.Logf("\n| program | method | batches | outcome |\n|---|---|---|---|\n%s", table.String())
	}
}

// The networks of package models pass too.
func TestOurModels(t *testing.T) {
	for name, xla := range map[string]bool{"mlp": false, "cnn": true} {
		t.Run(name, func(t *testing.T) {
			s := subject{xla: xla, whole: name != "mlp", objective: func() *objective.Objective {
				net, err := models.New(models.Config{Name: name, Height: 8, Width: 8, Channels: 1, Classes: 3, Seed: 1,
					DType: dtypes.Float32})
				if err != nil {
					t.Fatal(err)
				}
				return objective.New(net.Graph, loss.SparseCategoricalCrossEntropyLogits)
			}, batch: func(i int) train.Batch {
				return train.Batch{Inputs: []*tensors.Tensor{normals(i, 8, 8, 8, 1)},
					Labels: []*tensors.Tensor{classes(i, 3, 8, 1)}}
			}}
			p := s.program(t)
			testbackend.SkipRepeat(t, p.Backend) // TestMatrix has convolutions on XLA
			xsamtest.Check(t, p)
		})
	}
}
