package objective_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// line is the model w·x with w = 1 at first.
func line(scope *model.Scope, x *graph.Node) *graph.Node {
	return graph.Mul(scope.VariableWithValue("w", 1.0).NodeValue(x.Graph()), x)
}

// halfSquare is (z − y)²/2 for each example.
func halfSquare(labels, predictions []*graph.Node) *graph.Node {
	return graph.MulScalar(graph.Square(graph.Sub(predictions[0], labels[0])), 0.5)
}

// one yields the example x = 1, y = 0 for ever: the loss of line is w²/2.
type one struct{}

func (one) Name() string { return "one" }

func (one) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for yield(train.Batch{Inputs: number(1), Labels: number(0)}, nil) {
		}
	}
}

func number(x float64) []*tensors.Tensor {
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]float64{x}, 1)}
}

func descent() optimizer.Interface {
	return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(0.5).Done()
}

// methods has a configuration for each kind of step, the first of which is of that kind.
var methods = map[string]xsam.Config{
	"plain": xsam.SGDConfig(), "ascent": xsam.SAMConfig(), "pair": xsam.DefaultConfig(),
}

// A loss beside the objective would leave the second pass without labels, or minimise something else there.
func TestALossOtherThanTheObjectivesIsRefused(t *testing.T) {
	withoutLabels := func(_, predictions []*graph.Node) *graph.Node { return graph.Square(predictions[0]) }
	addsItsOwn := func(scope *model.Scope, x *graph.Node) *graph.Node {
		z := line(scope, x)
		train.AddMainLoss(graph.ReduceAllMean(z))
		return z
	}
	tests := []struct {
		name   string
		obj    *objective.Objective
		passed train.LossFn
	}{
		{"the loss that the objective has", objective.New(line, halfSquare), halfSquare},
		{"a loss that reads no labels", objective.New(line, withoutLabels), withoutLabels},
		{"no loss, beside a model that adds one", objective.New(addsItsOwn, halfSquare), nil},
		{"a loss, where the objective has none", objective.New(addsItsOwn, nil), halfSquare},
	}
	for kind, config := range methods {
		for _, tt := range tests {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				_, err := firstStep(t, config, tt.obj, tt.passed)
				const want = "pass obj.LossFn to train.NewTrainer, not the loss itself"
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v: want one that says %q", err, want)
				}
			})
		}
	}
}

// A model that adds its own loss needs no loss function: then the trainer may have LossFn or none.
func TestNoLossFunction(t *testing.T) {
	addsAll := func(scope *model.Scope, x *graph.Node) {
		train.AddMainLoss(graph.ReduceAllMean(graph.MulScalar(graph.Square(line(scope, x)), 0.5)))
	}
	for kind, config := range methods {
		obj := objective.New(line, halfSquare)
		want, err := firstStep(t, config, obj, obj.LossFn)
		if err != nil {
			t.Fatal(err)
		}
		obj = objective.New(addsAll, nil)
		for name, loss := range map[string]train.LossFn{"LossFn": obj.LossFn, "none": nil} {
			got, err := firstStep(t, config, obj, loss)
			if err != nil {
				t.Errorf("%s step, loss of the trainer: %s: %v", kind, name, err)
			} else if got != want {
				t.Errorf("%s step, loss of the trainer: %s: w = %v, want %v as with a loss function",
					kind, name, got, want)
			}
		}
	}
}

// firstStep makes one step with the trainer's loss and returns w after it.
func firstStep(t *testing.T, config xsam.Config, obj *objective.Objective, loss train.LossFn) (float64, error) {
	t.Helper()
	opt, err := xsam.New(obj, descent(), config)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	trainer := train.NewTrainer(testbackend.Go(t), store, obj.ModelFn, loss, opt, nil, nil)
	if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, one{}), 1); err != nil {
		return 0, err
	}
	return tensors.ToScalar[float64](store.GetVariable("/w").MustValue()), nil
}

// What a model function may look like: GoMLX's trainer takes it, and an objective does the same with it.
func TestModelFunctionsThatTheTrainerTakes(t *testing.T) {
	type named func(scope *model.Scope, x *graph.Node) *graph.Node
	check(t, "one input, one prediction", line)
	check(t, "a slice of each", func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{line(scope, in[0])}
	})
	check(t, "with the spec", func(scope *model.Scope, spec any, x *graph.Node) *graph.Node {
		if spec != nil {
			t.Errorf("the model's spec is %v, want that of the data set, nil", spec)
		}
		return line(scope, x)
	})
	check(t, "train.ModelFn", train.ModelFn(func(scope *model.Scope, _ any, in []*graph.Node) []*graph.Node {
		return []*graph.Node{line(scope, in[0])}
	}))
	check(t, "the graph, no inputs", func(scope *model.Scope, g *graph.Graph) *graph.Node {
		return line(scope, graph.Const(g, []float64{1}))
	})
	check(t, "two predictions", func(scope *model.Scope, x *graph.Node) (*graph.Node, *graph.Node) {
		return line(scope, x), x
	})
	check(t, "three predictions, and the spec", func(scope *model.Scope, _ any, x *graph.Node) (z, a, b *graph.Node) {
		return line(scope, x), x, x
	})

	obj := objective.New(named(line), halfSquare) // GoMLX's trainer takes no named type but its own
	if _, err := firstStep(t, xsam.SAMConfig(), obj, obj.LossFn); err != nil {
		t.Errorf("a named type: %v", err)
	}
}

func check[F train.ModelFnCompatible](t *testing.T, name string, modelFn F) {
	t.Helper()
	store := model.NewStore()
	direct := train.NewTrainer(testbackend.Go(t), store, modelFn, halfSquare, descent(), nil, nil)
	if _, err := train.NewLoop(direct).RunSteps(one{}, 1); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	want := tensors.ToScalar[float64](store.GetVariable("/w").MustValue())
	obj := objective.New(modelFn, halfSquare)
	got, err := firstStep(t, xsam.SGDConfig(), obj, obj.LossFn)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	} else if got != want {
		t.Errorf("%s: w = %v after a step, want %v as without an objective", name, got, want)
	}
}

func TestModelFunctionsThatCannotBe(t *testing.T) {
	err := exceptions.TryCatch[error](func() { objective.New(train.ModelFn(nil), halfSquare) })
	if err == nil || !strings.Contains(err.Error(), "nil model function") {
		t.Errorf("a nil model: error %v, want one that says so", err)
	}
	sum := func(scope *model.Scope, x, y *graph.Node) *graph.Node { return graph.Add(line(scope, x), y) }
	obj := objective.New(sum, halfSquare)
	_, err = firstStep(t, xsam.SGDConfig(), obj, obj.LossFn)
	if err == nil || !strings.Contains(err.Error(), "1 inputs, too few for the model function") {
		t.Errorf("a model of two inputs: error %v, want one that counts them", err)
	}
}
