package optim_test

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/optim"
)

// The model of these tests is y = a·x + b with a = (2, -1)ᵀ and b = 0.5 at first; its loss is the mean of squares.
func line(scope *model.Scope, _ any, inputs []*graph.Node) []*graph.Node {
	g := inputs[0].Graph()
	scope = scope.In("line")
	a := scope.VariableWithValue("weights", [][]float64{{2}, {-1}})
	b := scope.VariableWithValue("biases", []float64{0.5})
	return []*graph.Node{graph.Add(graph.MatMul(inputs[0], a.NodeValue(g)), graph.Reshape(b.NodeValue(g), 1, 1))}
}

func squares(labels, predictions []*graph.Node) *graph.Node {
	return graph.ReduceAllMean(graph.Square(graph.Sub(predictions[0], labels[0])))
}

// batch i of the data, made anew because training consumes it.
func batch(i int) train.Batch {
	x := float64(i)
	return train.Batch{
		Inputs: []*tensors.Tensor{tensors.FromValue([][]float64{{1, x}, {0.5, -1}, {x * 0.1, 2}})},
		Labels: []*tensors.Tensor{tensors.FromValue([][]float64{{1}, {x}, {-0.25}})},
	}
}

func trainSteps(t *testing.T, trainer *train.Trainer, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		metrics, err := trainer.TrainStep(batch(i))
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		for _, m := range metrics {
			m.MustFinalizeAll()
		}
	}
}

var bases = map[string]func() optimizer.Interface{
	"SGD":          func() optimizer.Interface { return optim.SGD(0.05).Momentum(0.9).WeightDecay(5e-4).Done() },
	"Nesterov":     func() optimizer.Interface { return optim.SGD(0.05).Momentum(0.9).Nesterov(true).Done() },
	"Adam":         func() optimizer.Interface { return optimizer.Adam().LearningRate(0.05).Done() },
	"AdamW":        func() optimizer.Interface { return optimizer.Adam().LearningRate(0.05).WeightDecay(0.01).Done() },
	"clipped SGD":  func() optimizer.Interface { return optim.Clip(optim.SGD(0.05).Momentum(0.9).Done(), 0.5) },
	"all together": func() optimizer.Interface { return everything() },
}

func everything() optim.Optimizer {
	return optim.Scheduled(optim.Clip(optim.SGD(0.05).Momentum(0.9).WeightDecay(5e-4).Done(), 0.5),
		optim.LinearWarmup(3, optim.Cosine(12)))
}

// Six steps, a checkpoint, a new process and six more steps are twelve steps: the same bits.
func TestResumeFromCheckpoint(t *testing.T) {
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
				whole := model.NewStore()
				trainSteps(t, train.NewTrainer(b, whole, line, squares, base(), nil, nil), 0, 12)

				dir := t.TempDir()
				first := model.NewStore()
				saver := checkpoint.Build(first).Dir(dir).MustDone()
				trainSteps(t, train.NewTrainer(b, first, line, squares, base(), nil, nil), 0, 6)
				if err := saver.Save(); err != nil {
					t.Fatal(err)
				}

				second := model.NewStore()
				checkpoint.Build(second).Dir(dir).MustDone()
				trainSteps(t, train.NewTrainer(b, second, line, squares, base(), nil, nil), 6, 12)
				for _, path := range []string{"/line/weights", "/line/biases", "/global_step"} {
					if got, want := floats(t, second, path), floats(t, whole, path); !near(got, want, 0) {
						t.Errorf("%s = %v after resuming, want %v as without a break", path, got, want)
					}
				}
				for v := range second.IterVariables() {
					if v.Trainable && strings.Contains(v.Path(), "SGDOptimizer") {
						t.Errorf("%s has become trainable", v.Path())
					}
				}
			})
		})
	}
}

// Through the trainer the optimizer takes the gradient of the loss itself: one step of plain SGD is w − lr·∇L, here by
// hand. With batch 1 the residuals a·x + b − y are 2 − 1 + 0.5 − 1, 1 + 1 + 0.5 − 1 and 0.2 − 2 + 0.5 + 0.25.
func TestTrainerStepByHand(t *testing.T) {
	const lr = 0.1
	r := []float64{0.5, 1.5, -1.05}
	x := [][]float64{{1, 1}, {0.5, -1}, {0.1, 2}}
	a, b := []float64{2, -1}, 0.5
	for i := range r {
		a[0] -= lr * 2 * r[i] * x[i][0] / 3
		a[1] -= lr * 2 * r[i] * x[i][1] / 3
		b -= lr * 2 * r[i] / 3
	}
	for name, opt := range map[string]optim.Optimizer{
		"SGD":       optim.SGD(lr).Done(),
		"clipped":   optim.Clip(optim.SGD(lr).Done(), 1000),
		"scheduled": optim.Scheduled(optim.SGD(lr).Done(), optim.Constant()),
	} {
		t.Run(name, func(t *testing.T) {
			testbackend.Each(t, func(t *testing.T, backend compute.Backend) {
				store := model.NewStore()
				trainSteps(t, train.NewTrainer(backend, store, line, squares, opt, nil, nil), 1, 2)
				if got := floats(t, store, "/line/weights"); !near(got, a, 1e-14) { // float64 rounding
					t.Errorf("a = %v, want %v", got, a)
				}
				if got := floats(t, store, "/line/biases"); !near(got, []float64{b}, 1e-14) {
					t.Errorf("b = %v, want %v", got[0], b)
				}
			})
		})
	}
}

// GoMLX's gradient accumulation hands the mean gradient of n batches to the optimizer: with the same batch n times,
// that is one step.
func TestAccumulateGradients(t *testing.T) {
	testbackend.Each(t, func(t *testing.T, b compute.Backend) {
		one, two := model.NewStore(), model.NewStore()
		trainSteps(t, train.NewTrainer(b, one, line, squares, everything(), nil, nil), 4, 5)

		trainer := train.NewTrainer(b, two, line, squares, everything(), nil, nil)
		if err := trainer.AccumulateGradients(2); err != nil {
			t.Fatal(err)
		}
		trainSteps(t, trainer, 4, 5)
		trainSteps(t, trainer, 4, 5)
		for _, path := range []string{"/line/weights", "/line/biases", "/global_step"} {
			if got, want := floats(t, two, path), floats(t, one, path); !near(got, want, 1e-15) { // (x + x)/2
				t.Errorf("%s = %v from two halves, want %v", path, got, want)
			}
		}
	})
}

// A checkpoint brings the random state back as a trainable variable; the optimizer must neither train nor trip over it.
func TestRandomStateIsNotTrained(t *testing.T) {
	b := testbackend.Go(t)
	store := model.NewStore()
	noisy := func(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
		noise := scope.RandomNormal(inputs[0].Graph(), inputs[0].Shape())
		return line(scope, spec, []*graph.Node{graph.Add(inputs[0], noise)})
	}
	trainSteps(t, train.NewTrainer(b, store, noisy, squares, everything(), nil, nil), 0, 1)
	state := store.GetVariable("/" + model.RNGStateVariableName)
	state.SetTrainable(true)
	trainSteps(t, train.NewTrainer(b, store, noisy, squares, everything(), nil, nil), 1, 2)
	if state.Trainable {
		t.Error("the random state is still trainable")
	}
	if store.GetVariable("/SGDOptimizer/"+model.RNGStateVariableName+"_momentum") != nil {
		t.Error("the random state has got a momentum")
	}
}

// A trainable variable without a gradient is an error that says what to do.
func TestIntegerVariableIsRefused(t *testing.T) {
	counting := func(scope *model.Scope, spec any, inputs []*graph.Node) []*graph.Node {
		count := scope.VariableWithValue("count", int64(0))
		count.SetNodeValue(graph.AddScalar(count.NodeValue(inputs[0].Graph()), 1))
		return line(scope, spec, inputs)
	}
	trainer := train.NewTrainer(testbackend.Go(t), model.NewStore(), counting, squares, everything(), nil, nil)
	_, err := trainer.TrainStep(batch(0))
	if err == nil || !strings.Contains(err.Error(), "/count has type Int64") || !strings.Contains(err.Error(),
		"SetTrainable(false)") {
		t.Errorf("error = %v, want one that names the variable and the way out", err)
	}
}
