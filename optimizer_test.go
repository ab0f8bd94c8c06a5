package xsam_test

import (
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

// The kinds of the first steps, as the schedule gives them and as Stats reports them.
func TestScheduleOfKinds(t *testing.T) {
	b := testbackend.Go(t)
	c := xsam.DefaultConfig()
	c.Ascent.Every, c.Refresh.Every, c.Refresh.Warmup = 2, 5, 3
	l := newNetLab(t, b, net{}, c)
	var got []string
	for range 12 {
		l.step(1)
		p := l.stats()
		if p.Refreshed != (p.Kind == xsam.PairStep) {
			t.Errorf("step %d is of kind %v and refreshed: %v", p.Step, p.Kind, p.Refreshed)
		}
		got = append(got, p.Kind.String())
	}
	want := strings.Fields("pair pair pair plain ascent pair ascent plain ascent plain pair plain")
	if !slices.Equal(got, want) {
		t.Errorf("kinds\n got %v\nwant %v", got, want)
	}
}

// The optimizer works under GoMLX's own loop with Adam, found by name with its hyperparameters in the store.
func TestRegisteredOptimizer(t *testing.T) {
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) {
		for name := range xsam.Presets {
			if name == "sgd" {
				continue // GoMLX's own
			}
			if name != "xsam" && testbackend.Compiled(t, b) {
				continue // XLA takes its time to compile; one preset has all kinds of step
			}
			store := seededStore()
			store.SetParam(optimizer.ParamOptimizer, name)
			store.SetParam(optimizer.ParamLearningRate, 0.01)
			if name == "msam" { // the base optimizers that have names in GoMLX keep their momentum to themselves
				err := exceptions.TryCatch[error](func() { optimizer.FromStore(store) })
				if err == nil || !strings.Contains(err.Error(), "want optim.SGD(...).Momentum(0.9)") {
					t.Errorf("msam around adamw: error %v, want one that names a base with momentum", err)
				}
				continue
			}
			if parameter.Has(name, "rho") {
				store.SetParam(xsam.Param("rho"), 0.02)
			}
			if name == "late-sam" { // an optimizer made by name does not know how long the training is
				store.SetParam(xsam.Param("from-step"), 4)
			}
			opt := optimizer.FromStore(store).(*xsam.Optimizer)
			if got := opt.Config().Rho; parameter.Has(name, "rho") && got != 0.02 {
				t.Errorf("%s: Rho = %v, want 0.02 from the store", name, got)
			}
			n := net{dropout: 0.1, l2: 1e-3}
			obj := objective.New(n.modelFn, n.lossFn)
			trainer := train.NewTrainer(b, store, obj.ModelFn, obj.LossFn, opt, nil, nil)
			if _, err := train.NewLoop(trainer).RunSteps(opt.Schedule(store, examples{}), 8); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := optimizer.GetGlobalStep(store); got != 8 {
				t.Errorf("%s: global step %d after 8 steps, want 8", name, got)
			}
			for v := range store.IterVariables() {
				if value := v.MustValue(); v.DType().IsFloat() && v.Trainable && hasNaN(value) {
					t.Errorf("%s: %s is not finite after 8 steps", name, v.Path())
				}
			}
			if err := opt.Clear(store.RootScope()); err != nil {
				t.Fatal(err)
			}
			if v := store.GetVariable(xsam.Scope + "/step"); v != nil {
				t.Errorf("%s: %s is still there after Clear", name, v.Path())
			}
		}
	})
}

func hasNaN(t *tensors.Tensor) bool {
	return slices.ContainsFunc(tensors.MustCopyFlatData[float64](t), func(x float64) bool {
		return math.IsNaN(x) ||
			math.IsInf(x, 0)
	})
}

// What a user can get wrong is an error that says what to do.
func TestMisuse(t *testing.T) {
	b := testbackend.Go(t)
	n := net{}
	obj := objective.New(n.modelFn, n.lossFn)
	opt, err := xsam.New(obj, descent(), xsam.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	firstStep := func(model train.ModelFn, loss train.LossFn, opt optimizer.Interface, store *model.Store,
		ds train.Dataset) error {
		trainer := train.NewTrainer(b, store, model, loss, opt, nil, nil)
		_, err := train.NewLoop(trainer).RunSteps(ds, 1)
		return err
	}
	other := objective.New(n.modelFn, n.lossFn)
	tests := []struct {
		name string
		err  func() error
		want string
	}{
		{"data set not wrapped", func() error {
			return firstStep(obj.ModelFn, obj.LossFn, opt, seededStore(), examples{})
		}, "Optimizer.Schedule"},
		{"model passed without the objective", func() error {
			store := seededStore()
			return firstStep(n.modelFn, n.lossFn, opt, store, opt.Schedule(store, examples{}))
		}, "pass ModelFn and LossFn of an objective"},
		{"another objective", func() error {
			store := seededStore()
			return firstStep(other.ModelFn, other.LossFn, opt, store, opt.Schedule(store, examples{}))
		}, "another objective"},
		{"no objective", func() error { _, err := xsam.New(nil, descent(), xsam.DefaultConfig()); return err },
			"objective.New"},
		{"a base that takes no gradients", func() error { _, err := xsam.New(obj, opt, xsam.DefaultConfig()); return err },
			"UpdateGraphWithGradients"},
		{"a configuration out of range", func() error {
			_, err := xsam.New(obj, descent(), xsam.Config{Correction: xsam.Correction{Alpha: 3}})
			return err
		}, "Config.Alpha = 3"},
		{"stats before the first step", func() error { _, err := opt.Stats(seededStore()); return err }, "run a step"},
		{"an unknown correction", func() error { err := new(xsam.Form).UnmarshalText([]byte("sideways")); return err },
			"oriented projection explicit paper"},
		{"gradient accumulation by the trainer", func() error {
			return train.NewTrainer(b, seededStore(), obj.ModelFn, obj.LossFn, opt, nil, nil).AccumulateGradients(2)
		}, "OptimizeWithGradients"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.err()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v: want one that says %q", err, tt.want)
			}
		})
	}
}

// The data set's own Batch.Spec reaches the model, in training and in evaluation.
func TestUserSpecReachesModel(t *testing.T) {
	b := testbackend.Go(t)
	seen := map[any]bool{}
	n := net{}
	obj := objective.New(func(scope *model.Scope, spec any, in []*graph.Node) []*graph.Node {
		seen[spec] = true
		return n.modelFn(scope, spec, in)
	}, n.lossFn)
	l := newLabWith(t, b, seededStore(), obj, descent(), xsam.DefaultConfig(), withSpec{examples{}, "mine"})
	l.step(8)
	if len(seen) != 1 || !seen["mine"] {
		t.Errorf("the model saw the specs %v, want only \"mine\"", seen)
	}
}

type withSpec struct {
	train.Dataset
	spec any
}

func (w withSpec) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for batch, err := range w.Dataset.Iter() {
			batch.Spec = w.spec
			if !yield(batch, err) {
				return
			}
		}
	}
}
