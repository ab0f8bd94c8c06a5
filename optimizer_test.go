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
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/parameter"
	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
)

func TestValidate(t *testing.T) {
	with := func(change func(*xsam.Config)) xsam.Config {
		c := xsam.DefaultConfig()
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		config xsam.Config
		wants  []string // each must be in the error; none means valid
	}{
		{"default", xsam.DefaultConfig(), nil},
		{"lite", xsam.LiteConfig(), nil},
		{"paper", xsam.PaperConfig(), nil},
		{"sam", xsam.SAMConfig(), nil},
		{"asam", xsam.ASAMConfig(), nil},
		{"sgd", xsam.SGDConfig(), nil},
		{"alpha too large", with(func(c *xsam.Config) { c.Alpha = 2.1 }), []string{"Config.Alpha = 2.1", "0 ≤ Alpha ≤ 2"}},
		{"alpha not a number", with(func(c *xsam.Config) { c.Alpha = math.NaN() }), []string{"Config.Alpha = NaN"}},
		{"rho infinite", with(func(c *xsam.Config) { c.Rho = math.Inf(1) }), []string{"Config.Rho = +Inf"}},
		{"no probe radius", with(func(c *xsam.Config) { c.ProbeRadius = 0 }), []string{"Config.ProbeRadius = 0", "above 0"}},
		{"no power steps", with(func(c *xsam.Config) { c.By, c.PowerSteps = xsam.ByExact, 0 }),
			[]string{"Config.PowerSteps = 0"}},
		{"explicit needs every step", with(func(c *xsam.Config) { c.Form = xsam.Explicit }), []string{"Every = 5",
			"Every = 1"}},
		{"an ascent that never was", with(func(c *xsam.Config) { c.Rho, c.Ascent.Every, c.Reuse = 0, 0, 0.5 }),
			[]string{"Config.Reuse = 0.5 with Ascent.Every = 0"}},
		{"no room to grow", with(func(c *xsam.Config) { c.Refresh.Most, c.Refresh.Tolerance = 4, 1 }),
			[]string{"Most = 4 with Refresh.Every = 5"}},
		{"no tolerance", with(func(c *xsam.Config) { c.Refresh.Most = 20 }), []string{"Tolerance = 0"}},
		{"all of the rest", xsam.Config{Ascent: xsam.Ascent{Reuse: -1}, Refresh: xsam.Refresh{Side: 2},
			Correction: xsam.Correction{AlphaWarmup: -1}}, []string{"AlphaWarmup = -1", "Reuse = -1", "Side = 2"}},
		{"looksam", xsam.LookSAMConfig(), nil},
		{"nsam", xsam.NSAMConfig(), nil},
		{"ssam", xsam.SSAMConfig(), nil},
		{"gsam", xsam.GSAMConfig(), nil},
		{"fsam", xsam.FSAMConfig(), nil},
		{"eigensam", xsam.EigenSAMConfig(), nil},
		{"late-sam", xsam.LateSAMConfig(), nil},
		{"a phase that ends before it begins", with(func(c *xsam.Config) { c.From, c.To = 8, 8 }),
			[]string{"To = 8 with From = 8"}},
		{"an average of what is not averaged", with(func(c *xsam.Config) { c.Less, c.Decay, c.Along = 1, 1, xsam.AlongMomentum }),
			[]string{"Decay = 1 with Less = 1", "Along = momentum"}},
		{"no v to lean to", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 1, Mix: 1}}, []string{"Mix = 1", "and a v"}},
		{"v too late to lean to", with(func(c *xsam.Config) { c.Mix, c.By = 1, xsam.ByThreePoint }),
			[]string{"Mix = 1 with Refresh.By = three-point"}},
		{"a mask of nothing", xsam.Config{Ascent: xsam.Ascent{Of: xsam.NormsOnly}}, []string{"Of = norms", "no step ascends"}},
		{"a gap without a clean gradient", xsam.Config{Ascent: xsam.Ascent{Rho: 1, Every: 1, Local: true},
			Correction: xsam.Correction{Form: xsam.SurrogateGap, Alpha: 1}}, []string{"Form = SurrogateGap", "Local = true"}},
		{"epochs of 7 steps", with(func(c *xsam.Config) { c.EpochSteps = 7 }), nil},
		{"an epoch without a refresh", with(func(c *xsam.Config) { c.EpochSteps = 5 }),
			[]string{"EpochSteps = 5 with Refresh.Every = 5", "more than Refresh.Every"}},
		{"a length that is none", with(func(c *xsam.Config) { c.Length = 3 }), []string{"Length = 3", "AsIs, Unit or Clean"}},
		{"no clean gradient", with(func(c *xsam.Config) { c.Length, c.Local = xsam.Clean, true }),
			[]string{"Length = Clean with Local"}},
		{"all at once", xsam.Config{
			Ascent: xsam.Ascent{Rho: -1, Eta: -1, Every: -1}, Refresh: xsam.Refresh{Every: -1, Warmup: -1, By: 7},
			Correction: xsam.Correction{Form: 9},
		}, []string{"Rho = -1", "Eta = -1", "Ascent.Every = -1", "Refresh.Every = -1", "Warmup = -1", "By = 7", "Form = 9"}},
		{"a radius that no step uses", with(func(c *xsam.Config) { c.Ascent.Every = 0 }),
			[]string{"Rho = 0.05 with Ascent.Every = 0", "want Rho = 0"}},
		{"a strength without a direction", xsam.Config{Correction: xsam.Correction{Alpha: 1}},
			[]string{"Alpha = 1 with Refresh.Every = 0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.config.Validate()
			if (err == nil) != (len(tt.wants) == 0) {
				t.Fatalf("Validate() = %v, want an error: %v", err, len(tt.wants) > 0)
			}
			for _, want := range tt.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Validate() = %q: want it to say %q", err, want)
				}
			}
		})
	}
}

// Gradients a step over 1,000 steps after the warm-up: SGD 1, SAM 2, X-SAM 2, lite 1.2.
func TestCost(t *testing.T) {
	threePoint := xsam.DefaultConfig()
	threePoint.By, threePoint.Refresh.Every = xsam.ByThreePoint, 10
	tests := []struct {
		name                string
		config              xsam.Config
		gradients, products float64
	}{
		{"sgd", xsam.SGDConfig(), 1, 0},
		{"sam", xsam.SAMConfig(), 2, 0},
		{"xsam", xsam.DefaultConfig(), 2, 0},
		{"lite", xsam.LiteConfig(), 1.2, 0},
		{"sam with a pair beside every tenth step", threePoint, 2.2, 0},
		{"paper", xsam.PaperConfig(), 2 + 1./3, 5. / 3},
		{"nsam", xsam.NSAMConfig(), 2, 0},
		{"gsam", xsam.GSAMConfig(), 2, 0},
		{"fsam", xsam.FSAMConfig(), 2, 0},
		{"msam", xsam.MSAMConfig(), 1, 0},
		{"eigensam", xsam.EigenSAMConfig(), 2, 0},
		{"late-sam", xsam.LateSAMConfig().ForRun(1530), 1 + 306./1500, 0},
	}
	for _, tt := range tests {
		var gradients, products int
		for step := int64(30); step < 1530; step++ {
			g, p := tt.config.Cost(step)
			gradients, products = gradients+g, products+p
		}
		if got := float64(gradients) / 1500; !near([]float64{got}, []float64{tt.gradients}, 1e-12) {
			t.Errorf("%s: %v gradients a step, want %v", tt.name, got, tt.gradients)
		}
		if got := float64(products) / 1500; !near([]float64{got}, []float64{tt.products}, 1e-12) {
			t.Errorf("%s: %v products a step, want %v", tt.name, got, tt.products)
		}
	}
}

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

// A run that is stopped after any number of steps and goes on from its checkpoint ends with the same bits: weights, v,
// dropout stream and the phase of the schedule.
func TestResumeFromCheckpoint(t *testing.T) {
	c := xsam.DefaultConfig()
	c.Refresh.Every, c.Refresh.Warmup = 3, 2
	testbackend.EachSlow(t, func(t *testing.T, b compute.Backend) { resumes(t, b, c) })
	// An interval that follows the Hessian, ascents that are reused, α on its way up.
	c.Refresh.Every, c.Refresh.Most, c.Refresh.Tolerance, c.Ascent.Every, c.Reuse, c.AlphaWarmup = 1, 4, 2, 3, 0.5, 6
	t.Run("all that is kept", func(t *testing.T) { resumes(t, testbackend.Go(t), c) })
	// A phase, with an average and a v that the ascents lean to.
	c = xsam.EigenSAMConfig()
	c.Refresh.Every, c.Refresh.Warmup, c.From, c.Less, c.Decay, c.Alpha = 4, 2, 3, 1, 0.5, 0.5
	t.Run("in a phase", func(t *testing.T) { resumes(t, testbackend.Go(t), c) })
}

func resumes(t *testing.T, b compute.Backend, c xsam.Config) {
	t.Helper()
	n := net{dropout: 0.3}
	const steps = 10
	whole := newNetLab(t, b, n, c)
	whole.step(steps)
	stops := []int{1, 2, 4, 9}
	if testbackend.Compiled(t, b) {
		stops = []int{4} // each compiles the steps twice over
	}
	for _, stop := range stops {
		dir := t.TempDir()
		store := seededStore()
		saver, err := checkpoint.Build(store).Dir(dir).Immediate().Done()
		if err != nil {
			t.Fatal(err)
		}
		newNetLabOn(t, b, n, c, store, examples{}).step(stop)
		if err := saver.Save(); err != nil {
			t.Fatal(err)
		}

		store = seededStore()
		if _, err := checkpoint.Build(store).Dir(dir).Immediate().Done(); err != nil {
			t.Fatal(err)
		}
		resumed := newNetLabOn(t, b, n, c, store, examples{from: stop})
		resumed.step(steps - stop)
		if got, want := resumed.weights(), whole.weights(); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: weights\n got %v\nwant %v", stop, got, want)
		}
		if got, want := resumed.random(), whole.random(); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: dropout stream at %v, want %v", stop, got, want)
		}
		path := xsam.Scope + "/eigenvector/hidden/weights"
		if got, want := resumed.vector(path), whole.vector(path); !slices.Equal(got, want) {
			t.Errorf("stopped after %d steps: v\n got %v\nwant %v", stop, got, want)
		}
		if got, want := resumed.stats(), whole.stats(); got != want {
			t.Errorf("stopped after %d steps: stats %+v, want %+v", stop, got, want)
		}
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
