package experiment

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/runlog"
)

// lane is one method of a bench: a program of its own that stands still while the others have their turn.
type lane struct {
	*program
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

func newLane(engine *backend.Engine, r Recipe, data *datasets.Split, o BenchOptions) (*lane, error) {
	config := r.Config
	if err := config.Validate(); err != nil {
		return nil, err
	}
	cycle := cycleOf(config)
	p, err := newProgram(engine, r, data)
	if err != nil {
		return nil, err
	}
	p.spread = o.Devices > 1
	l := &lane{
		program: p, label: r.Method, devices: o.Devices, warmup: o.Warmup * cycle, cycle: cycle, steps: (o.Steps + cycle - 1) / cycle * cycle,
		first: map[string]float64{}, kinds: map[string][]float64{},
	}
	if config.Refresh.Every > 0 {
		l.warmup += config.Warmup
	}
	if config.By == xsam.ByExact { // whose first cycle has no refresh
		l.warmup += cycle
	}
	if l.batches, err = p.loader(r.Seed); err != nil {
		return nil, err
	}
	return l, p.begin(r.Seed)
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
func (l *lane) warmUp(ctx context.Context) error {
	return l.run(ctx, l.warmup, func(kind string, _ xsam.StepStats, seconds, _ float64) {
		if _, known := l.first[kind]; !known {
			l.first[kind] = seconds
		}
	})
}

// turn makes the untimed steps of one cycle and one more, and then the timed ones of whole cycles. A kind of step that comes
// once in a cycle would otherwise always find the caches full of another method's data, as it does not in training. The one
// step more shifts the cycle, so that no kind stands at the same place of every turn.
func (l *lane) turn(ctx context.Context) error {
	var watch, processor stopwatch
	kinds := map[string][]float64{}
	step, gradients, products := 0, 0, 0
	untimed := l.cycle + 1
	err := l.run(ctx, untimed+l.steps, func(kind string, p xsam.StepStats, seconds, cpu float64) {
		if step++; step <= untimed {
			return
		}
		watch.add(kind, seconds)
		processor.add(kind, cpu)
		kinds[kind] = append(kinds[kind], seconds)
		gradients += p.Gradients
		products += p.Products
	})
	if err != nil {
		return err
	}
	l.seconds = append(l.seconds, watch.median())
	l.cpu = append(l.cpu, processor.median())
	for kind, times := range kinds {
		l.kinds[kind] = append(l.kinds[kind], times...)
	}
	l.timed += l.steps
	l.spent.gradients += gradients
	l.spent.products += products
	return nil
}

// run trains n steps and hands out the kind, the measurements, the time and the processor time of each.
func (l *lane) run(ctx context.Context, n int, took func(kind string, p xsam.StepStats, seconds, cpu float64)) error {
	var cpu float64
	at := &feed{Dataset: l.batches.From(int(optimizer.GetGlobalStep(l.store))), handing: func() { cpu = processorSeconds() }}
	var data train.Dataset = at
	if l.spread {
		var err error
		if data, err = datasets.NewSharded(at, l.devices); err != nil {
			return err
		}
	} else {
		at.Dataset = datasets.OnDevice(l.engine.Backend, at.Dataset)
	}
	return l.turns(l.optimizer.Schedule(l.store, data), n, func() error {
		seconds, cpu := time.Since(at.handed).Seconds(), processorSeconds()-cpu
		probe, err := l.optimizer.Stats(l.store)
		if err != nil {
			return err
		}
		l.loss = probe.Loss
		took(kindOf(probe), probe, seconds, cpu)
		return ctx.Err()
	})
}

// row is what the lane knows without the others.
func (l *lane) row() BenchRow {
	row := BenchRow{Method: l.label, Memory: stateMemory(l.store)}
	n := float64(l.timed) // where it is 0 the quotients are not known
	row.Gradients, row.Products = runlog.Num(float64(l.spent.gradients)/n), runlog.Num(float64(l.spent.products)/n)
	row.GradientEvaluations = runlog.Num(float64(l.spent.gradients+gradientsPerProduct*l.spent.products) / n)
	compile := 0.0
	for _, kind := range slices.Sorted(maps.Keys(l.first)) {
		times := l.kinds[kind]
		row.Kinds = append(row.Kinds, BenchKind{Kind: kind, Share: runlog.Num(float64(len(times)) / n), StepSeconds: runlog.Num(median(times))})
		compile += l.first[kind] - median(times)
	}
	row.CompileSeconds = runlog.Num(compile)
	return row
}
