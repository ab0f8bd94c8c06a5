package curvature_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	mllayers "github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	gomlxnorm "github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// gomlxNet is a network of GoMLX's own layers.
type gomlxNet struct {
	row   string // of the table
	image bool   // inputs [n, 6, 6, 2] instead of [n, 4]
	noGo  bool   // it does not run on the pure-Go engine
	build func(s *model.Scope, x *graph.Node) *graph.Node
}

func (n gomlxNet) net() net {
	return net{name: n.row, image: n.image, loss: crossEntropy,
		model: func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
			logits := n.build(scope, in[0])
			if width := logits.Shape().Dim(-1); width < 3 { // of the classes
				zeros := graph.Zeros(in[0].Graph(), logits.Shape())
				logits = graph.Concatenate([]*graph.Node{logits, zeros}, -1)
			}
			return []*graph.Node{logits}
		}}
}

// Exact products of networks of GoMLX's own layers, in both modes, against the dense Hessian from differences of
// gradients; and Gauss–Newton's, which needs the same derivatives, where it is symmetric. The gradient is compared with
// differences of the loss: a Hessian of a wrong gradient would not be seen otherwise.
func TestGoMLXsLayers(t *testing.T) {
	for i, n := range gomlxNets {
		for _, o := range []curvature.ProblemOptions{evaluation, training} {
			t.Run(fmt.Sprintf("%d %s, norm %d", i, n.row, o.Norm), func(t *testing.T) {
				b := testbackend.Go(t)
				if n.noGo {
					testbackend.SkipSlow(t)
					b = testbackend.XLA(t)
					if n.row == "dropout" && o == evaluation { // batch norm has it in this mode
						testbackend.SkipRepeat(t, b)
					}
				}
				store := model.NewStore()
				store.SetParam(model.ParamInitialSeed, int64(3))
				p := n.net().problemIn(t, b, store, n.net().data(dtypes.Float64, 6, 3), o)
				checkGradient(t, p)
				want := differencesBy(t, p, 1e-5)
				h := newHessian(t, p, curvature.Automatic)
				checkMatrix(t, "exact", columns(t, h), want, 1e-7)
				if h.Method() != curvature.Exact {
					t.Errorf("products are by method %d, because of %v: want exact ones", h.Method(), h.Fallback())
				}
				gn := columns(t, curvature.NewGaussNewton(p))
				checkMatrix(t, "Gauss–Newton, transposed", gn.T(), gn, 1e-11)
			})
		}
	}
}

// checkGradient compares ⟨∇L, d⟩ with a difference of L, of error h⁴ and rounding over h, along one direction. h is
// small, for kinks.
func checkGradient(t *testing.T, p *curvature.Problem) {
	t.Helper()
	const h = 1e-5
	g, d := make([]float64, p.Dim()), make([]float64, p.Dim())
	if _, err := p.Gradient(context.Background(), g, nil); err != nil {
		t.Fatal(err)
	}
	want, got, size := 0.0, 0.0, 0.0
	for _, term := range []struct{ at, weight float64 }{{1, 8}, {-1, -8}, {2, -1}, {-2, 1}} {
		for i := range d {
			d[i] = term.at * h * float64(i%5-2)
		}
		l, err := p.Loss(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		want += term.weight * l / (12 * h)
	}
	for i := range g {
		got += g[i] * float64(i%5-2)
		size = max(size, got, -got)
	}
	checkClose(t, "slope of the loss", got, want, 1e-6*max(size, 1))
}

// GoMLX's activations, all of them, and its losses.
func TestGoMLXsActivationsAndLosses(t *testing.T) {
	b := testbackend.Go(t)
	for _, kind := range activation.TypeValues() {
		n := gomlxNet{row: kind.String(), build: func(s *model.Scope, x *graph.Node) *graph.Node {
			hidden := activation.Apply(kind, mllayers.Dense(s.In("in"), x, true, 4))
			return mllayers.Dense(s.In("out"), hidden, true, 3)
		}}
		t.Run(n.row, func(t *testing.T) {
			p, _ := n.net().problem(t, b, dtypes.Float64, evaluation)
			checkMatrix(t, "exact", columns(t, newHessian(t, p, curvature.Exact)), differencesBy(t, p, 1e-5), 1e-7)
		})
	}
	for name, regression := range gomlxLosses {
		t.Run(name, func(t *testing.T) {
			p, _ := net{name: name, model: mlpRegression, loss: regression, regress: true}.problem(t, b,
				dtypes.Float64, evaluation)
			checkMatrix(t, "exact", columns(t, newHessian(t, p, curvature.Exact)), differencesBy(t, p, 1e-5), 1e-7)
		})
	}
}

// Without dropout the loss is that of the same network with none in it, with the same weights; and the running averages
// stay as they were.
func TestBatchStatisticsTurnDropoutOff(t *testing.T) {
	testbackend.SkipSlow(t)
	b := testbackend.XLA(t)
	with := func(rate float64) net {
		return gomlxNet{row: "dropout", image: true, build: func(s *model.Scope, x *graph.Node) *graph.Node {
			x = mllayers.Convolution(s.In("conv"), x).Channels(2).KernelSize(3).Done()
			x = graph.Tanh(gomlxnorm.BatchNorm(s.In("norm"), x, -1).Done())
			x = mllayers.DropoutStatic(s.In("drop"), graph.ReduceMean(x, 1, 2), rate)
			return mllayers.Dense(s.In("out"), x, true, 2)
		}}.net()
	}
	store := model.NewStore()
	batches := with(0).data(dtypes.Float64, 6, 3)
	off := with(0.4).problemIn(t, b, store, batches, training)
	before := snapshot(t, store)
	none := with(0).problemIn(t, b, store, batches, training)
	average := with(0).problemIn(t, b, store, batches, evaluation)
	var losses []float64
	for _, p := range []*curvature.Problem{off, none, average} {
		l, err := p.Loss(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, l)
	}
	checkClose(t, "loss with dropout off", losses[0], losses[1], 1e-12)
	if d := losses[0] - losses[2]; d < 1e-3 && d > -1e-3 {
		t.Errorf("losses %v: batch statistics make no difference, so the test is none", losses)
	}
	checkMatrix(t, "dropout off", columns(t, newHessian(t, off, curvature.Exact)), columns(t, newHessian(t, none,
		curvature.Exact)), 1e-10)
	if after := snapshot(t, store); after != before {
		t.Errorf("the store was\n%s\nand is\n%s", before, after)
	}
}

// What BatchStatistics cannot give is refused.
func TestBatchStatisticsAreRefused(t *testing.T) {
	draws := func(s *model.Scope, x *graph.Node) *graph.Node {
		return mllayers.DropoutStatic(s.In("drop"), mllayers.Dense(s.In("dense"), x, true, 3), 0.5)
	}
	for _, tt := range []struct {
		name, want string
		build      func(s *model.Scope, x *graph.Node) *graph.Node
	}{
		{"statistics held constant in the gradient", "UseBackendInference(false)",
			func(s *model.Scope, x *graph.Node) *graph.Node {
				return gomlxnorm.BatchNorm(s.In("norm"), mllayers.Dense(s.In("dense"), x, true, 3), -1).
					UseBackendInference(false).Done()
			}},
		{"GoMLX's batch norm, told not to be trained, beside dropout", "/norm/batch_normalization/mean",
			func(s *model.Scope, x *graph.Node) *graph.Node {
				return gomlxnorm.BatchNorm(s.In("norm"), draws(s, x), -1).Trainable(false).UseBackendInference(false).Done()
			}},
		{"a norm of the user's own beside dropout", "/own/average", func(s *model.Scope, x *graph.Node) *graph.Node {
			x = draws(s, x)
			own := s.In("own").VariableWithValue("average", []float64{0, 0, 0}).SetTrainable(false)
			mean := own.NodeValue(x.Graph())
			if s.IsTraining(x.Graph()) {
				mean = graph.ReduceMean(x, 0)
				own.SetNodeValue(mean)
			}
			return graph.Sub(x, graph.Reshape(mean, 1, 3))
		}},
		{"random numbers in evaluation too", "draws random numbers", func(s *model.Scope, x *graph.Node) *graph.Node {
			y := mllayers.Dense(s.In("dense"), x, true, 3)
			return graph.Add(y, s.RandomUniform(x.Graph(), y.Shape()))
		}},
	} {
		n := gomlxNet{row: tt.name, build: tt.build}.net()
		for _, o := range []curvature.ProblemOptions{training, evaluation} {
			_, err := curvature.NewProblem(context.Background(), testbackend.Go(t), model.NewStore(),
				objective.New(n.model, n.loss), n.data(dtypes.Float64, 6, 3), o)
			refused := o.Norm == curvature.BatchStatistics || tt.want == "draws random numbers"
			if refused && (err == nil || !strings.Contains(err.Error(), tt.want)) || !refused && err != nil {
				t.Errorf("%s, norm %d: error %v, want %q: %v", tt.name, o.Norm, err, tt.want, refused)
			}
		}
	}
}

// mlpRegression bends, so that losses that do not have a Hessian too.
func mlpRegression(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
	return []*graph.Node{linear(scope.In("output"), graph.Tanh(linear(scope.In("hidden"), in[0], 4, 5)), 5, 1)}
}

// gomlxLosses are those of GoMLX for numbers.
var gomlxLosses = map[string]train.LossFn{
	"mean squared error": loss.MeanSquaredError, "mean absolute error": loss.MeanAbsoluteError,
	"Huber": loss.MakeHuberLoss(0.5), "binary cross-entropy of logits": func(labels, predictions []*graph.Node) *graph.Node {
		return loss.BinaryCrossentropyLogits([]*graph.Node{graph.Logistic(labels[0])}, predictions)
	},
}
