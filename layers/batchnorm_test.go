package layers_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/layers"
)

var normShape = []int{3, 2, 4, 2} // 24 values a channel

// batchNorm is the normalisation as a function of image, scale and offset.
func batchNorm(training bool) operation {
	return func(args []*graph.Node) *graph.Node {
		g := args[0].Graph()
		store := model.GetStore(g)
		store.SetTraining(g, training)
		scope := store.RootScope()
		set := func(name string, value *graph.Node) {
			scope.VariableWithValue(name, tensors.FromShape(value.Shape())).SetNodeValue(value)
		}
		set("scale", args[1])
		set("offset", args[2])
		if !training {
			set("mean", graph.Const(g, []float64{0.5, -1}))
			set("variance", graph.Const(g, []float64{4, 0.25}))
		}
		return layers.BatchNorm(scope, args[0]).Done()
	}
}

// By hand, channel by channel: two-pass mean and variance. 24 values: rounding only.
func TestBatchNormByHand(t *testing.T) {
	x := normal(rand.New(rand.NewPCG(7, 8)), size(normShape))
	scale, offset := []float64{2, -1}, []float64{0.5, 3}
	byHand := func(means, variances []float64) []float64 {
		y := make([]float64, len(x))
		for i := range x {
			c := i % 2
			y[i] = scale[c]*(x[i]-means[c])/math.Sqrt(variances[c]+1e-5) + offset[c]
		}
		return y
	}
	means, variances := channelMoments(x)
	tests := []struct {
		name     string
		training bool
		want     []float64
	}{
		{"training: the batch's own statistics", true, byHand(means, variances)},
		{"evaluation: the running averages", false, byHand([]float64{0.5, -1}, []float64{4, 0.25})},
	}
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				_, got := run(t, b, batchNorm(tt.training), [][]int{normShape, {2}, {2}}, [][]float64{x, scale, offset})
				if diff := maxDifference(got, tt.want); !(diff < 1e-13) {
					t.Errorf("off by %g", diff)
				}
			})
		}
	})
}

// In float32, on channels whose mean is that many times their deviation, values of size 4 are off by some 1e-7·(1 +
// ratio²), from the digits that mean(x²) and m² have in common; ten times as much on the pure-Go engine, which adds
// 4,096 numbers one after the other.
func TestBatchNormInFloat32(t *testing.T) {
	shape := []int{64, 8, 8, 2}
	random := rand.New(rand.NewPCG(21, 22))
	x := normal(random, size(shape))
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for _, ratio := range []float64{0, 1, 30} {
			off := func(args []*graph.Node) *graph.Node {
				store := model.NewStore()
				g := args[0].Graph()
				store.SetTraining(g, true)
				want := layers.BatchNorm(store.RootScope().In("wide"), args[0]).Done()
				got := layers.BatchNorm(store.RootScope().In("narrow"), graph.ConvertDType(args[0], dtypes.Float32)).Done()
				return graph.ReduceAllMax(graph.Abs(graph.Sub(graph.ConvertDType(got, dtypes.Float64), want)))
			}
			moved := make([]float64, len(x))
			for i := range x {
				moved[i] = float64(float32(x[i] + ratio))
			}
			_, got := run(t, b, off, [][]int{shape}, [][]float64{moved})
			if bound := 1e-5 * (1 + ratio*ratio); !(got[0] > 0 && got[0] < bound) {
				t.Errorf("mean %g times the deviation: off by %g, want above 0 and below %g", ratio, got[0], bound)
			}
		}
	})
}

// channelMoments returns mean and variance of x, [..., 2], channel by channel.
func channelMoments(x []float64) (means, variances []float64) {
	means, variances = make([]float64, 2), make([]float64, 2)
	n := float64(len(x) / 2)
	for i, v := range x {
		means[i%2] += v / n
	}
	for i, v := range x {
		variances[i%2] += (v - means[i%2]) * (v - means[i%2]) / n
	}
	return means, variances
}

// Derivatives of first and second order with respect to x, scale and offset, in both modes.
// In training mean and variance are functions of x, and GoMLX's portable batch norm loses that: see gomlx_test.go.
func TestBatchNormDerivatives(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		for name, training := range map[string]bool{"training": true, "evaluation": false} {
			t.Run(name, func(t *testing.T) {
				checkDerivatives(t, b, batchNorm(training), normShape, []int{2}, []int{2})
			})
		}
		t.Run("training, [batch, channels]", func(t *testing.T) {
			checkDerivatives(t, b, batchNorm(true), []int{5, 2}, []int{2}, []int{2})
		})
	})
}

// The running averages: plain means of the first batches, then exponential with the given momentum; each training step
// counts once, evaluation never.
func TestBatchNormRunningAverages(t *testing.T) {
	const momentum = 0.6
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		store := model.NewStore()
		step := func(training bool) *model.Exec {
			e, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
				store.SetTraining(x.Graph(), training)
				return layers.BatchNorm(scope.In("norm"), x).Momentum(momentum).Done()
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		train, evaluate := step(true), step(false)
		random := rand.New(rand.NewPCG(9, 10))
		var means, variances []float64
		for n := range 5 {
			x := normal(random, size(normShape))
			batchMeans, batchVariances := channelMoments(x)
			weight := math.Max(1-momentum, 1/float64(n+1))
			if n == 0 {
				means, variances = []float64{0, 0}, []float64{1, 1}
			}
			for c := range 2 {
				means[c] += weight * (batchMeans[c] - means[c])
				variances[c] += weight * (batchVariances[c] - variances[c])
			}
			images := tensors.FromFlatDataAndDimensions(x, normShape...)
			for _, e := range []*model.Exec{train, evaluate, evaluate} {
				if _, err := e.Call(images); err != nil {
					t.Fatal(err)
				}
			}
			for name, want := range map[string][]float64{"mean": means, "variance": variances} {
				v := store.GetVariable("/norm/" + name)
				if got := tensors.MustCopyFlatData[float64](v.MustValue()); !(maxDifference(got, want) < 1e-14) {
					t.Errorf("after %d updates the running %s is %v, want %v", n+1, name, got, want)
				}
				if v.Trainable {
					t.Errorf("the running %s is trainable", name)
				}
			}
			if got := store.GetVariable("/norm/updates").MustValue().Value(); got != int64(n+1) {
				t.Errorf("updates = %v, want %d", got, n+1)
			}
		}
	})
}

func TestBatchNormRefuses(t *testing.T) {
	b := testbackend.Go(t)
	tests := []struct {
		name string
		norm func(scope *model.Scope, x *graph.Node) *graph.Node
		want string
	}{
		{"momentum 1", func(s *model.Scope, x *graph.Node) *graph.Node {
			return layers.BatchNorm(s,
				x).Momentum(1).Done()
		}, "0 ≤ momentum < 1"},
		{"momentum NaN", func(s *model.Scope, x *graph.Node) *graph.Node {
			return layers.BatchNorm(s, x).Momentum(math.NaN()).Done()
		}, "0 ≤ momentum < 1"},
		{"epsilon 0", func(s *model.Scope, x *graph.Node) *graph.Node { return layers.BatchNorm(s, x).Epsilon(0).Done() },
			"epsilon > 0"},
		{"rank 1", func(s *model.Scope, x *graph.Node) *graph.Node {
			return layers.BatchNorm(s, graph.Reshape(x, -1)).Done()
		}, "want [batch, ..., channels]"},
		{"variables of another model", func(s *model.Scope, x *graph.Node) *graph.Node {
			s.VariableWithValue("scale", []float64{1, 1, 1})
			return layers.BatchNorm(s, x).Done()
		}, "is the checkpoint that of another model?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := model.NewExec(b, model.NewStore(), tt.norm)
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Call(zeros(normShape))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one that says %q", err, tt.want)
			}
		})
	}
}
