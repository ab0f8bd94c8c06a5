package models_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/models"
)

// small is a configuration that is cheap to run, in float64: 8×8 pixels, or 16×16 for models that want as many.
func small(name string) models.Config {
	c := models.Config{Name: name, Height: 8, Width: 8, Channels: 1, Classes: 3, Seed: 5, DType: dtypes.Float64}
	if strings.HasPrefix(name, "vgg") {
		c.Height, c.Width = 16, 16
	}
	return c
}

func mustNew(t *testing.T, c models.Config) *models.Model {
	t.Helper()
	m, err := models.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// images are n pictures of waves, float64, that differ in every pixel.
func images(c models.Config, n int) *tensors.Tensor {
	x := make([]float64, n*c.Height*c.Width*c.Channels)
	for i := range x {
		x[i] = math.Sin(float64(i)*0.7) + 0.3*math.Cos(float64(i*i)*0.011)
	}
	return tensors.FromFlatDataAndDimensions(x, n, c.Height, c.Width, c.Channels)
}

// logits runs the model on four images and returns its output.
func logits(t *testing.T, b compute.Backend, m *models.Model, store *model.Store, training bool) []float64 {
	t.Helper()
	e, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		store.SetTraining(x.Graph(), training)
		return graph.ConvertDType(m.Graph(scope, nil, []*graph.Node{x})[0], dtypes.Float64)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	outputs, err := e.Call(images(m.Config(), 4))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float64](outputs[0])
}

func difference(a, b []float64) float64 {
	worst := 0.0
	for i := range a {
		worst = math.Max(worst, math.Abs(a[i]-b[i])) // math.Max keeps NaN
	}
	return worst
}

// The weights are drawn on the host, so both backends compute the same function. Logits are of size 1; the backends add
// up in different orders.
func TestSameOnBothBackends(t *testing.T) {
	for _, name := range []string{"mlp", "cnn", "resnet8", "resnet20", "vgg11-bn-narrow", "mixer", "vit"} {
		t.Run(name, func(t *testing.T) {
			m := mustNew(t, small(name))
			onGo := logits(t, testbackend.Go(t), m, model.NewStore(), false)
			onXLA := logits(t, testbackend.XLA(t), m, model.NewStore(), false)
			if diff := difference(onGo, onXLA); !(diff < 1e-11) {
				t.Errorf("logits differ by %g", diff)
			}
			if spread := slices.Max(onGo) - slices.Min(onGo); !(spread > 0.01) {
				t.Errorf("all logits are within %g: the model computes next to nothing", spread)
			}
		})
	}
}

// Building the model again, in another graph or a second time in the same graph, finds the variables of the first time.
func TestBuildingAgainUsesTheSameVariables(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for _, name := range []string{"mlp", "cnn", "resnet8", "vgg11-bn-narrow"} {
			t.Run(name, func(t *testing.T) {
				if name != "cnn" {
					testbackend.SkipRepeat(t, b)
				}
				m, store := mustNew(t, small(name)), model.NewStore()
				first := logits(t, b, m, store, false)
				count := store.NumVariables()
				kernel := store.GetVariable(kernelOf[name])
				if err := kernel.SetValue(tensors.FromShape(kernel.Shape())); err != nil { // zeros: a redraw would show
					t.Fatal(err)
				}
				e := model.MustNewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
					one := m.Graph(scope, nil, []*graph.Node{x})[0]
					two := m.Graph(scope.ResetVisited(), nil, []*graph.Node{x})[0]
					return graph.ReduceAllMax(graph.Abs(graph.Sub(one, two)))
				})
				outputs, err := e.Call(images(m.Config(), 4))
				if err != nil {
					t.Fatal(err)
				}
				if diff := outputs[0].Value(); diff != 0.0 {
					t.Errorf("two passes in one graph differ by %v", diff)
				}
				if n := store.NumVariables(); n != count {
					t.Errorf("%d variables after building again, %d before", n, count)
				}
				if difference(first, logits(t, b, m, store, false)) == 0 {
					t.Error("logits are the same although the first kernel was set to zero: the model draws its weights again")
				}
			})
		}
	})
}

var kernelOf = map[string]string{
	"mlp": "/hidden1/weights", "cnn": "/conv1/weights", "resnet8": "/conv/weights", "vgg11-bn-narrow": "/conv1/weights",
}

// With batch norm, training and evaluation differ: the batch's statistics in one, the running averages in the other.
// After one training pass the running averages are those of the batch, and the two agree. Without it they are the
// same.
func TestTrainingAndEvaluation(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name, hasNorm := range map[string]bool{"mlp": false, "cnn": false, "resnet8": true, "vgg11-bn-narrow": true} {
			t.Run(name, func(t *testing.T) {
				if name != "resnet8" {
					testbackend.SkipRepeat(t, b)
				}
				m, store := mustNew(t, small(name)), model.NewStore()
				before := logits(t, b, m, store, false)
				training := logits(t, b, m, store, true)
				after := logits(t, b, m, store, false)
				if diff := difference(before, training); (diff > 1e-3) != hasNorm {
					t.Errorf("training and evaluation differ by %g before the first step; batch norm: %v", diff, hasNorm)
				}
				if diff := difference(training, after); !(diff < 1e-11) { // sums in another order
					t.Errorf("evaluation differs by %g from the training pass whose batch it has in its averages", diff)
				}
			})
		}
	})
}

// Dropout acts in training only, and draws from GoMLX's random state.
func TestDropout(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, name := range []string{"mlp", "cnn"} {
			t.Run(name, func(t *testing.T) {
				if name != "mlp" {
					testbackend.SkipRepeat(t, b)
				}
				c := small(name)
				plain := logits(t, b, mustNew(t, c), model.NewStore(), false)
				c.Dropout = 0.5
				m, store := mustNew(t, c), model.NewStore()
				if diff := difference(plain, logits(t, b, m, store, false)); diff != 0 {
					t.Errorf("in evaluation dropout changes the logits by %g", diff)
				}
				one, two := logits(t, b, m, store, true), logits(t, b, m, store, true)
				if difference(plain, one) == 0 || difference(one, two) == 0 {
					t.Error("two training passes with dropout 0.5 and one without give the same logits")
				}
				if store.GetVariable("/"+model.RNGStateVariableName) == nil {
					t.Errorf("there is no random state %q in the store", model.RNGStateVariableName)
				}
			})
		}
	})
}

// A restored checkpoint wins over the seed.
func TestCheckpointWins(t *testing.T) {
	b, dir := testbackend.Go(t), t.TempDir()
	c := small("resnet8")
	saved := model.NewStore()
	handler, err := checkpoint.Build(saved).Dir(dir).Done()
	if err != nil {
		t.Fatal(err)
	}
	logits(t, b, mustNew(t, c), saved, true) // leaves traces in the running averages, too
	want := logits(t, b, mustNew(t, c), saved, false)
	if err := handler.Save(); err != nil {
		t.Fatal(err)
	}

	restored := model.NewStore()
	if _, err := checkpoint.Build(restored).Dir(dir).Done(); err != nil {
		t.Fatal(err)
	}
	c.Seed++
	if got := logits(t, b, mustNew(t, c), restored, false); difference(got, want) != 0 {
		t.Errorf("logits differ by %g from those of the saved model", difference(got, want))
	}
	for v := range restored.IterVariables() {
		if name := v.Name(); (name == "mean" || name == "variance" || name == "updates") && v.Trainable {
			t.Errorf("%s is trainable after the restore", v.Path())
		}
	}
}

// Images of another shape are refused with a message that says both shapes.
func TestGraphRefuses(t *testing.T) {
	m := mustNew(t, small("mlp"))
	tests := []struct {
		name   string
		inputs func(x *graph.Node) []*graph.Node
		want   string
	}{
		{"other size", func(x *graph.Node) []*graph.Node { return []*graph.Node{graph.Reshape(x, 1, 16, 16, 1)} },
			"made for [batch, 8, 8, 1]"},
		{"vectors", func(x *graph.Node) []*graph.Node { return []*graph.Node{graph.Reshape(x, 4, 64)} },
			"made for [batch, 8, 8, 1]"},
		{"two inputs", func(x *graph.Node) []*graph.Node { return []*graph.Node{x, x} }, "want one, the images"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := model.NewExec(testbackend.Go(t), model.NewStore(), func(scope *model.Scope, x *graph.Node) *graph.Node {
				return m.Graph(scope, nil, tt.inputs(x))[0]
			})
			if err == nil {
				_, err = e.Call(images(m.Config(), 4))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
