package stepcost

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/internal/program"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// method is one method of a bench: a program of its own that waits while the others have their turn.
type method struct {
	*program.Program
	label   string
	devices int // over which each batch is spread
	warmup  int // untimed steps at the start
	cycle   int // steps after which the schedule repeats
	steps   int // timed steps of a turn
	batches *datasets.Loader

	first   map[string]float64   // time of the first step of each kind, in which it is compiled
	kinds   map[string][]float64 // times of the later ones that count, over all rounds
	seconds []float64            // of a step, by round
	cpu     []float64            // processor time of a step in seconds, by round
	timed   int
	spent   struct{ gradients, products int } // in the timed steps
	loss    float64                           // of the newest step
}

// longestCycle is the largest number of steps after which a schedule may repeat: each round times whole cycles.
const longestCycle = 1000

func newMethod(engine *backend.Engine, r recipe.Recipe, data *datasets.Split, o Options) (*method, error) {
	r.Config.Phase = xsam.Phase{} // a step in the phase is what is timed
	config := r.Config
	if err := config.Validate(); err != nil {
		return nil, err
	}
	cycle := cycleOf(config)
	if config.By == xsam.ByExact && config.Most == 0 {
		r.EpochSteps = math.MaxInt32 // the few batches stand for a long epoch
	}
	p, err := program.New(engine, r, data, o.Devices)
	if err != nil {
		return nil, err
	}
	m := &method{
		Program: p, label: r.Method, devices: o.Devices, warmup: o.Warmup * cycle, cycle: cycle,
		steps: (o.Steps + cycle - 1) / cycle * cycle,
		first: map[string]float64{}, kinds: map[string][]float64{},
	}
	if config.Refresh.Every > 0 {
		m.warmup += config.Warmup
	}
	if config.By == xsam.ByExact { // the first cycle has no refresh
		m.warmup += cycle
	}
	if m.batches, err = p.Loader(r.Seed); err != nil {
		return nil, err
	}
	return m, p.Begin(r.Seed)
}

// cycleOf is the number of steps after which a schedule repeats.
func cycleOf(c xsam.Config) int {
	refresh, ascent := max(1, c.Refresh.Every), 1
	if c.Rho > 0 {
		ascent = max(1, c.Ascent.Every)
	}
	a, b := refresh, ascent
	for b != 0 {
		a, b = b, a%b
	}
	return refresh / a * ascent
}

// warmUp compiles every kind of step and runs it until it is warm.
func (m *method) warmUp(ctx context.Context) error {
	return m.run(ctx, m.warmup, func(kind string, _ xsam.StepStats, seconds, _ float64) {
		if _, known := m.first[kind]; !known {
			m.first[kind] = seconds
		}
	})
}

// turn makes the untimed steps of one cycle and one more, and then the timed ones of whole cycles. A kind of step
// that comes once in a cycle would otherwise always find the caches full of another method's data, as it does not in
// training. The one step more shifts the cycle, so that no kind stands at the same place of every turn.
func (m *method) turn(ctx context.Context) error {
	var watch, processor program.StepTimes
	kinds := map[string][]float64{}
	step, gradients, products := 0, 0, 0
	untimed := m.cycle + 1
	err := m.run(ctx, untimed+m.steps, func(kind string, p xsam.StepStats, seconds, cpu float64) {
		if step++; step <= untimed {
			return
		}
		watch.Add(kind, seconds)
		processor.Add(kind, cpu)
		kinds[kind] = append(kinds[kind], seconds)
		gradients += p.Gradients
		products += p.Products
	})
	if err != nil {
		return err
	}
	m.seconds = append(m.seconds, watch.Median())
	m.cpu = append(m.cpu, processor.Median())
	for kind, times := range kinds {
		m.kinds[kind] = append(m.kinds[kind], times...)
	}
	m.timed += m.steps
	m.spent.gradients += gradients
	m.spent.products += products
	return nil
}

// run trains n steps and hands out the kind, the measurements, the time and the processor time of each.
func (m *method) run(ctx context.Context, n int, took func(kind string, p xsam.StepStats, seconds, cpu float64)) error {
	var cpu float64
	at := &program.TimedFeed{Dataset: m.batches.From(int(optimizer.GetGlobalStep(m.Store))),
		Handing: func() { cpu = processorSeconds() }}
	var data train.Dataset = at
	if m.devices > 1 {
		var err error
		if data, err = datasets.NewSharded(at, m.devices); err != nil {
			return err
		}
	} else {
		at.Dataset = datasets.OnDevice(m.Engine.Backend, at.Dataset)
	}
	return m.TrainBatches(m.Optimizer.Schedule(m.Store, data), n, func() error {
		seconds, cpu := time.Since(at.Handed).Seconds(), processorSeconds()-cpu
		stats, err := m.Optimizer.Stats(m.Store)
		if err != nil {
			return err
		}
		m.loss = stats.Loss
		took(program.KindOf(stats), stats, seconds, cpu)
		return ctx.Err()
	})
}

// row is what the method knows without the others.
func (m *method) row() Row {
	row := Row{Method: m.label, Memory: stateMemory(m.Store)}
	n := float64(m.timed) // where it is 0 the quotients are not known
	row.Gradients, row.Products = runlog.Num(float64(m.spent.gradients)/n), runlog.Num(float64(m.spent.products)/n)
	row.GradientEvaluations = runlog.Num(float64(m.spent.gradients+recipe.GradientsPerProduct*m.spent.products) / n)
	compile := 0.0
	for _, kind := range slices.Sorted(maps.Keys(m.first)) {
		times := m.kinds[kind]
		row.Kinds = append(row.Kinds, Kind{Kind: kind, Share: runlog.Num(float64(len(times)) / n),
			StepSeconds: runlog.Num(program.Median(times))})
		compile += m.first[kind] - program.Median(times)
	}
	row.CompileSeconds = runlog.Num(compile)
	return row
}
