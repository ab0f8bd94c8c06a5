package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Run measures states of the weights of a recipe's run and returns the measurements, state by state. Each is appended
// to curvature.jsonl in dir as soon as it is finished; what is recorded there with the same settings is taken from
// there. An empty dir records nothing and has InitialWeights alone.
//
// When a measurement cannot be recorded it is returned all the same, with those before it and the error.
//
// When ctx ends, the measurements so far are returned with its error. A density keeps the probes that it has and a
// landscape its rows, and a later call goes on from there; any other measurement that was going on begins anew then.
func Run(ctx context.Context, engine *backend.Engine, r recipe.Recipe, dir string, states []Weights,
	m Options) (done []runlog.Measurement, err error) {
	if err := errors.Join(r.Validate(), m.Validate()); err != nil {
		return nil, err
	}
	data, err := datasets.Load(r.Data, r.DataOptions())
	if err != nil {
		return nil, err
	}
	p, err := program.New(engine, r, data, 1)
	if err != nil {
		return nil, err
	}
	if m.Warn == nil {
		m.Warn = func(string) {}
	}
	w := &measurer{Program: p, recipe: r, dir: dir, m: m}
	defer func() { err = errors.Join(err, w.close()) }()
	if dir != "" {
		saved, err := runlog.ReadRun(dir)
		if err != nil {
			return nil, err
		}
		if w.run, err = recipe.IdentityOf(saved.Raw); err != nil {
			return nil, err
		}
		recorded, warnings, err := runlog.ReadMeasurements(dir)
		if err != nil {
			return nil, err
		}
		for _, text := range warnings {
			w.m.Warn(text)
		}
		recorded = slices.DeleteFunc(recorded, func(m runlog.Measurement) bool { return m.OfAnother(w.name()) })
		w.recorded = runlog.Newest(recorded)
	}
	w.planWork(len(states))
	seen := map[int64]bool{}
	for _, state := range states {
		if err := w.enter(state); err != nil {
			return done, err
		}
		if seen[w.step] { // the last checkpoint may be that of a snapshot
			w.skipState()
			continue
		}
		seen[w.step] = true
		for _, measure := range m.Measures {
			result, err := w.take(ctx, measure)
			if none := (noPlane{}); errors.As(err, &none) && len(states) > 1 {
				w.m.Warn(fmt.Sprintf("no landscape of %s: %v", state.Name, none))
				continue
			}
			if unsaved := (unsaved{}); errors.As(err, &unsaved) {
				return append(done, result), err
			}
			if err != nil {
				return done, err
			}
			done = append(done, result)
		}
	}
	return done, nil
}

// measurer measures one state of the weights after another.
type measurer struct {
	*program.Program
	recipe   recipe.Recipe
	dir      string
	run      recipe.Identity // of dir
	m        Options
	examples *program.Examples  // nil until something has to be measured
	exact    curvature.Operator // see compiled

	recorded []runlog.Measurement // of earlier calls

	// The state whose weights the store holds, and what is known of it.
	state    Weights
	step     int64
	matrix   curvature.Operator
	scales   []float64 // of the Adam-preconditioned Hessian
	loss     float64
	gradient []float64
	top      *curvature.Result

	claim    *runlog.Claim // on dir, from the first measurement that is not recorded yet
	timeLeft timeLeft
}

// enter puts the weights of a state into the store.
func (w *measurer) enter(state Weights) (err error) {
	w.state, w.matrix, w.scales, w.gradient, w.top = state, nil, nil, nil, nil
	w.step, err = w.load(state)
	return err
}

// load puts the weights of a state into the store, and says what is to be known of them.
func (w *measurer) load(state Weights) (step int64, err error) {
	run := w.run
	if state.run != (recipe.Identity{}) {
		run = state.run
	}
	step, warnings, err := w.Load(state.folder, run)
	for _, text := range warnings {
		w.m.Warn(text)
	}
	return step, err
}

// prepare makes ready what every measurement of the state needs.
func (w *measurer) prepare(ctx context.Context) (err error) {
	if w.examples == nil {
		o := program.ExamplesOptions{Count: w.m.Examples, Batch: w.m.Batch, Norm: curvature.BatchStatistics}
		if w.m.Norm == "running" {
			o.Norm = curvature.RunningAverages
		}
		if w.examples, err = w.NewExamples(ctx, o); err != nil {
			return err
		}
	}
	if w.gradient == nil {
		g, loss, err := w.examples.Gradient(ctx)
		if err != nil {
			return err
		}
		w.gradient, w.loss = g, loss
	}
	return nil
}

// product is the operator of the state, with its products counted and told.
func (w *measurer) product() (curvature.Operator, error) {
	if w.matrix == nil {
		h, scales, err := w.operator()
		if err != nil {
			return nil, err
		}
		w.scales = scales
		w.matrix = curvature.OperatorFunc(h.Dim(), func(ctx context.Context, dst, src []float64) error {
			err := h.Apply(ctx, dst, src)
			w.timeLeft.products++
			w.tell(1)
			return err
		})
	}
	return w.matrix, nil
}

// take returns one measurement of the state: the recorded one, or a new one, which it records.
func (w *measurer) take(ctx context.Context, measure string) (runlog.Measurement, error) {
	w.timeLeft.enter(w.state.Name, measure, w.m.work(measure, w.top != nil))
	defer w.timeLeft.leave()
	result := w.describe(measure)
	var part *runlog.Measurement
	for i, old := range w.recorded {
		if !w.m.Again && old.Same(result) {
			if old.Reason != runlog.ReasonInterrupted {
				w.timeLeft.skip()
				return old, nil
			}
			part = &w.recorded[i]
		}
	}
	if err := w.claimOnce(); err != nil {
		return result, err
	}
	w.tell(0)
	started := time.Now()
	err := w.prepare(ctx)
	if err == nil {
		result.Loss = runlog.Num(w.loss)
		err = w.fill(ctx, &result, part)
	}
	result.Products = w.timeLeft.products
	result.Seconds = runlog.Num(time.Since(started).Seconds())
	if part != nil {
		result.Products += part.Products
		result.Seconds = runlog.Num(result.Seconds.Float() + part.Seconds.Float())
	}
	switch {
	case err == nil:
		return result, w.record(result)
	case ctx.Err() != nil:
		err = fmt.Errorf("measure: measuring %s of %s: %w", measure, w.state.Name, ctx.Err())
		if result.Density != nil || result.Landscape != nil {
			result.Converged, result.Reason = false, runlog.ReasonInterrupted
			err = errors.Join(err, w.record(result))
		}
		return result, err
	default:
		return result, fmt.Errorf("measure: measuring %s of %s: %w", measure, w.state.Name, err)
	}
}

// describe says what a measurement is of, before it is made.
func (w *measurer) describe(measure string) runlog.Measurement {
	examples := w.Data.Train.Len()
	if w.m.Examples > 0 {
		examples = min(examples, w.m.Examples)
	}
	out := runlog.Measurement{
		Measure: measure, Step: w.step, Epoch: runlog.Num(float64(w.step) / float64(w.StepsPerEpoch)),
		Operator: w.m.Operator, Method: w.m.Method,
		Split: runlog.TrainSplit, Examples: examples, Batch: min(w.m.Batch, examples),
		Norm: w.m.Norm, DType: w.recipe.DType, Backend: w.Engine.Name, Seed: w.m.Seed, Settings: w.m.settings(measure),
		Version:      recipe.CodeVersion(),
		LearningRate: runlog.Num(w.recipe.LearningRateAt(int(w.step), w.Steps)), Momentum: runlog.Num(momentum(w.recipe)),
		Nesterov: w.recipe.Optimizer == "sgd" && w.recipe.Nesterov,
	}
	if w.dir != "" {
		out.Run = w.name()
	}
	if !w.m.multiplies(measure) {
		out.Operator, out.Method = "", ""
	}
	return out
}
