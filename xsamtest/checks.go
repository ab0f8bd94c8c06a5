package xsamtest

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

	"github.com/xsam-go/xsam"
)

var checks = []struct {
	name string
	run  func(Program) Finding
}{
	{"two runs are the same run", repeats},
	{"without ascent: the base optimizer", isTheBase},
	{"SAM's step by hand", samByHand},
	{"SAM leaves the state of one forward pass", samLeavesState},
	{"v has length 1", eigenvectorIsUnit},
	{"resumed from a checkpoint", resumes},
	{"cut into micro-batches: sgd", accumulates(xsam.SGDConfig())},
	{"cut into micro-batches: sam", accumulates(xsam.SAMConfig())},
	{"cut into micro-batches: xsam", accumulates(smooth())},
	{"products of the Hessian equal differences", products},
	{"the gradient is that of the pure-Go engine", engineIsRight},
}

// smooth is X-SAM without the choice between two sides, which rounding may decide.
func smooth() xsam.Config {
	c := xsam.DefaultConfig()
	c.Side, c.Form = xsam.MeanOfPair, xsam.Projection
	return c
}

func (p Program) tolerance(store *model.Store) float64 {
	switch {
	case p.Tolerance > 0:
		return p.Tolerance
	case double(store):
		return 1e-8
	default:
		return 2e-4
	}
}

// trained returns the weights that a training leaves.
func trained(store *model.Store, err error) (map[string][]float64, error) {
	if err != nil {
		return nil, err
	}
	return weights(store)
}

// pair makes two trainings and compares their weights.
func (p Program) pair(a, b func(*model.Store) error, tolerance float64, hint string) Finding {
	first, second := p.store(), p.store()
	want, err := trained(first, a(first))
	if err != nil {
		return failed(err)
	}
	got, err := trained(second, b(second))
	if err != nil {
		return failed(err)
	}
	if tolerance < 0 {
		tolerance = p.tolerance(first)
	}
	return compare(got, want, tolerance, hint)
}

func repeats(p Program) Finding {
	train := func(s *model.Store) error { return p.with(s, p.base(), xsam.DefaultConfig(), 0, 6, 0) }
	return p.pair(train, train, 0, "the model, its initial weights or its batches draw from elsewhere than the store: "+
		"nothing else can be compared")
}

func isTheBase(p Program) Finding {
	return p.pair(
		func(s *model.Store) error { return p.plain(s, p.base(), 4) },
		func(s *model.Store) error { return p.with(s, p.base(), xsam.SGDConfig(), 0, 4, 0) },
		0, "the wrapped optimizer is not the base: please report it")
}

// samLeavesState compares what a forward pass writes besides its result: the variables that the model itself has.
func samLeavesState(p Program) Finding {
	models, one, two := p.store(), p.store(), p.store()
	if err := p.plain(models, still(), 1); err != nil {
		return failed(err)
	}
	if err := p.plain(one, p.base(), 1); err != nil {
		return failed(err)
	}
	if err := p.with(two, p.base(), xsam.SAMConfig(), 0, 1, 0); err != nil {
		return failed(err)
	}
	want, got := map[string][]float64{}, map[string][]float64{}
	for v := range models.IterVariables() {
		if v.Trainable || v.DType() != dtypes.Float32 && v.DType() != dtypes.Float64 || isTrainers(v.Path()) {
			continue
		}
		for store, values := range map[*model.Store]map[string][]float64{one: want, two: got} {
			kept := store.GetVariable(v.Path())
			if kept == nil {
				return Finding{Detail: fmt.Sprintf("%s is missing after a step", v.Path())}
			}
			x, err := floats(kept)
			if err != nil {
				return failed(err)
			}
			values[v.Path()] = x
		}
	}
	if len(want) == 0 {
		return Finding{Passed: true, Detail: "the model writes nothing"}
	}
	return compare(got, want, p.tolerance(one), "a running average or a counter has seen both passes")
}

// isTrainers tells variables of GoMLX's trainer and optimizers from those of a model.
func isTrainers(path string) bool {
	for _, of := range []string{"/optimizers", "/trainer", "/metrics"} {
		if strings.HasPrefix(path, of) {
			return true
		}
	}
	return false
}

func eigenvectorIsUnit(p Program) Finding {
	store := p.store()
	for i := range 7 {
		if err := p.with(store, p.base(), xsam.DefaultConfig(), i, 1, 0); err != nil {
			return failed(err)
		}
		var sum float64
		for v := range store.IterVariables() {
			if !v.Trainable || !v.DType().IsFloat() {
				continue
			}
			part := store.GetVariable(xsam.EigenvectorPath(v))
			if part == nil {
				continue
			}
			x, err := floats(part)
			if err != nil {
				return failed(err)
			}
			for _, xi := range x {
				sum += xi * xi
			}
		}
		if math.Abs(sum-1) > 1e-4 {
			return Finding{Detail: fmt.Sprintf("‖v‖² is %.6g after step %d: please report it", sum, i)}
		}
	}
	return Finding{Passed: true, Detail: "in 7 steps"}
}

// resumeTolerance is that of rounding: a restored store has its variables in another order, and engines may sum in
// another order then. Most models resume to the same bits.
const resumeTolerance = 1e-5

func resumes(p Program) Finding {
	return p.pair(
		func(s *model.Store) error { return p.with(s, p.base(), xsam.DefaultConfig(), 0, 8, 0) },
		func(s *model.Store) error { return p.resumed(s, xsam.DefaultConfig(), 4, 4) },
		resumeTolerance, "the model or the base optimizer keeps state outside the store")
}

// resumed makes some steps, saves a checkpoint, and makes the rest in s, which the checkpoint is loaded into.
func (p Program) resumed(s *model.Store, c xsam.Config, before, after int) error {
	dir, err := os.MkdirTemp("", "xsamtest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	saved := p.store()
	if err := p.with(saved, p.base(), c, 0, before, 0); err != nil {
		return err
	}
	saver, err := checkpoint.Build(saved).Dir(dir).Immediate().Done()
	if err != nil {
		return err
	}
	if err := saver.Save(); err != nil {
		return err
	}
	if _, err := checkpoint.Build(s).Dir(dir).Immediate().Done(); err != nil {
		return err
	}
	return p.with(s, p.base(), c, before, after, 0)
}

func accumulates(c xsam.Config) func(Program) Finding {
	return func(p Program) Finding {
		if p.MicroBatches == 0 {
			return Finding{Skipped: "MicroBatches is 0"}
		}
		return p.pair(
			func(s *model.Store) error { return p.with(s, p.base(), c, 0, 6, 0) },
			func(s *model.Store) error { return p.with(s, p.base(), c, 0, 6, p.MicroBatches) },
			-1, "batch norm and dropout see other statistics and masks in parts of a batch; "+
				"if the model has neither, or takes something over the batch, see Sum, DividedBy, Shared and "+
				"SharedLabels of package objective")
	}
}

// RunMethod trains p for six steps with one method, twice: as it is, and with batches cut into micro-batches, or, with
// micro = 0, with a resume in the middle. Both must leave the same weights, and finite ones.
func RunMethod(p Program, c xsam.Config, micro int) Finding {
	once := func(s *model.Store) error { return p.with(s, p.base(), c, 0, 6, 0) }
	if micro > 0 {
		return p.pair(once, func(s *model.Store) error { return p.with(s, p.base(), c, 0, 6, micro) }, -1, "see Check")
	}
	return p.pair(once, func(s *model.Store) error { return p.resumed(s, c, 3, 3) }, resumeTolerance, "see Check")
}
