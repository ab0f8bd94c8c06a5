package xsam_test

import (
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/regularizer"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/objective"
)

// net is a small classifier of 6 numbers into 3 classes with everything that a forward pass can leave behind: a running
// average, a counter of passes, dropout and an L2 term.
type net struct{ dropout, l2 float64 }

func (n net) modelFn(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
	x, g := in[0], in[0].Graph()
	hidden := dense(scope.In("hidden"), x, 6, 8, 1)
	hidden = graph.Tanh(hidden)

	mean := graph.ReduceMean(hidden, 0)
	average := scope.In("norm").VariableWithValue("average", make([]float64, 8)).SetTrainable(false)
	passes := scope.At("norm").VariableWithValue("passes", 0.0).SetTrainable(false)
	if scope.IsTraining(g) {
		old := average.NodeValue(g)
		average.SetNodeValue(graph.Add(graph.MulScalar(old, 0.9), graph.MulScalar(mean, 0.1)))
		passes.SetNodeValue(graph.AddScalar(passes.NodeValue(g), 1))
	}
	if n.dropout > 0 {
		hidden = layers.DropoutNormalize(scope, hidden, graph.Scalar(g, dtypes.Float64, n.dropout), true)
	}
	if n.l2 > 0 {
		w := scope.Store().GetVariable("/hidden/weights")
		regularizer.L2(n.l2)(g, w)
	}
	return []*graph.Node{dense(scope.In("output"), hidden, 8, 3, 2)}
}

func (n net) lossFn(labels, predictions []*graph.Node) *graph.Node {
	return loss.SparseCategoricalCrossEntropyLogits(labels, predictions)
}

// dense is x W + b with W drawn on the host, so that every engine starts from the same weights.
func dense(scope *model.Scope, x *graph.Node, in, out int, seed uint64) *graph.Node {
	random := rand.New(rand.NewPCG(seed, 0))
	w := make([][]float64, in)
	for i := range w {
		w[i] = make([]float64, out)
		for j := range w[i] {
			w[i][j] = random.NormFloat64() / 2
		}
	}
	weights := scope.VariableWithValue("weights", w).NodeValue(x.Graph())
	biases := scope.VariableWithValue("biases", make([]float64, out)).NodeValue(x.Graph())
	return graph.Add(graph.Einsum("bi,io->bo", x, weights), graph.ExpandLeftToRank(biases, 2))
}

// examples yields, without end, batches of 10 random examples; batch i is the same in every iteration.
type examples struct{ from int }

func (examples) Name() string { return "examples" }

func (e examples) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for i := e.from; ; i++ {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			x, y := make([]float64, 60), make([]int32, 10)
			for j := range x {
				x[j] = random.NormFloat64()
			}
			for j := range y {
				y[j] = random.Int32N(3)
			}
			batch := train.Batch{
				Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 10, 6)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, 10, 1)},
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// newNetLab trains n with plain gradient descent of learning rate 0.1.
func newNetLab(t *testing.T, b compute.Backend, n net, c xsam.Config) *lab {
	t.Helper()
	return newNetLabOn(t, b, n, c, seededStore(), examples{})
}

func newNetLabOn(t *testing.T, b compute.Backend, n net, c xsam.Config, store *model.Store, ds train.Dataset) *lab {
	t.Helper()
	return newLabWith(t, b, store, objective.New(n.modelFn, n.lossFn), descent(), c, ds)
}

func descent() optimizer.Interface {
	return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(0.1)
}

// seededStore is a store whose dropout stream is the same in every run.
func seededStore() *model.Store {
	store := model.NewStore()
	store.SetParam(model.ParamInitialSeed, int64(5))
	return store
}

// weights returns all trained values, one after the other.
func (l *lab) weights() []float64 {
	l.t.Helper()
	var all []float64
	for _, path := range []string{"/hidden/weights", "/hidden/biases", "/output/weights", "/output/biases"} {
		all = append(all, l.vector(path)...)
	}
	return all
}

// random returns the state of the dropout stream. It has three words, of which the pure-Go engine uses the first two
// and leaves the third as it finds it in memory.
func (l *lab) random() []uint64 {
	l.t.Helper()
	v := l.store.GetVariable("/" + model.RNGStateVariableName)
	if v == nil {
		l.t.Fatal("no random state in the store")
	}
	return slices.Clone(tensors.MustCopyFlatData[uint64](v.MustValue())[:2])
}
