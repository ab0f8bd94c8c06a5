package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/runlog"
)

// BenchOptions say how the cost of a step is measured.
type BenchOptions struct {
	// Rounds is how often each method has its turn, ≥ 1. With fewer than six there are no intervals.
	Rounds int
	// Steps is the number of timed steps of a turn, ≥ 1, made up to whole cycles of the method's schedule.
	Steps int
	// Warmup is the number of untimed cycles of the schedule at the start, ≥ 1, after the steps that the method's own
	// WarmupRefreshes asks for.
	Warmup int
	// Devices is the number of devices over which each batch is spread, which must divide its size; 0 and 1 train on one.
	Devices int
	// Between is called after each round, for whatever else is to be timed in turn with the methods. It may be nil. Its error
	// ends the bench.
	Between func(ctx context.Context) error
	// Progress is called after each turn. It may be nil.
	Progress func(BenchProgress)
}

// BenchProgress is what a bench tells while it goes on.
type BenchProgress struct {
	Method        string
	Round, Rounds int // the round of the turn, counted from 1; 0 while the method is compiled and warmed up
	Turn, Turns   int // turns done and turns in all, with those of round 0
}

// RandomData is the name of images without meaning, for which only the time of a step is of interest.
const RandomData = "random"

// RandomImages draws n images of Gaussian pixels with uniform labels.
func RandomImages(height, width, channels, classes, n int, seed int64) *datasets.Set {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	set := &datasets.Set{
		Name: RandomData, Height: height, Width: width, Channels: channels, Classes: classes,
		Pixels: make([]float32, n*height*width*channels), Labels: make([]int32, n),
	}
	for i := range set.Pixels {
		set.Pixels[i] = float32(random.NormFloat64())
	}
	for i := range set.Labels {
		set.Labels[i] = int32(random.IntN(classes))
	}
	return set
}

// RunBench measures what a training step costs with each of the recipes, which differ in their method alone, on images of
// set. It compiles and warms up all of them, then lets them train in turn, so that whatever else the machine does meets
// all alike. A turn takes the time of whole cycles of the schedule, after a cycle and a step that are not timed, because they
// find the caches full of another method's data.
//
// When ctx is cancelled it returns what the finished rounds say, with an error that wraps ctx's.
func RunBench(ctx context.Context, engine *backend.Engine, recipes []Recipe, set *datasets.Set, o BenchOptions) (result *BenchResult, err error) {
	if err := errors.Join(o.validate(recipes), ValidateBench(recipes)); err != nil {
		return nil, err
	}
	before := residentMemory()
	b := &bench{options: o, progress: BenchProgress{Rounds: o.Rounds, Turns: len(recipes) * (o.Rounds + 1)}}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, r := range recipes {
		l, err := newLane(engine, r, &datasets.Split{Train: set}, o)
		if err != nil {
			return nil, fmt.Errorf("experiment: bench of %s: %w", r.Method, err)
		}
		b.lanes = append(b.lanes, l)
	}
	err = b.run(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	result = b.result(engine, recipes[0], set)
	if peak := peakMemory(); peak.Known() && before.Known() {
		result.PeakMemory = runlog.Num(peak.Float() - before.Float())
	}
	return result, err
}

func (o BenchOptions) validate(recipes []Recipe) error {
	if o.Rounds < 1 || o.Steps < 1 || o.Warmup < 1 {
		return fmt.Errorf("experiment: bench of %d rounds of %d steps after %d cycles of warm-up: want at least 1 of each", o.Rounds, o.Steps, o.Warmup)
	}
	if o.Devices < 0 {
		return fmt.Errorf("experiment: bench on %d devices: want 1 or more", o.Devices)
	}
	for _, r := range recipes {
		if err := spreads(r.Batch, o.Devices); err != nil {
			return err
		}
	}
	return nil
}

// ValidateBench reports what is wrong with the recipes of a bench, as far as it can be told without the data. Unlike those
// of a run they may be of RandomData.
func ValidateBench(recipes []Recipe) error {
	if len(recipes) == 0 {
		return errors.New("experiment: a bench of no methods: want at least one recipe")
	}
	var errs []error
	for _, r := range recipes {
		if r.Data == RandomData {
			r.Data = "glyphs" // of the names that Validate knows; no data are loaded
		}
		errs = append(errs, r.Validate())
		if r.Most > 0 {
			errs = append(errs, fmt.Errorf("experiment: the schedule of %s adapts to the training, of which a bench has none: want refresh-most 0", r.Method))
		}
		if cycleOf(r.Config) > longestCycle {
			errs = append(errs, fmt.Errorf("experiment: the schedule of %s repeats after %d steps: want at most %d, which are timed as a whole in each round: choose a smaller refresh-every or ascent-every",
				r.Method, cycleOf(r.Config), longestCycle))
		}
	}
	return errors.Join(errs...)
}

// bench is a measurement that is going on.
type bench struct {
	options  BenchOptions
	lanes    []*lane
	rounds   int // finished
	progress BenchProgress
}

// run warms the lanes up and then goes round them; each round begins with another one.
func (b *bench) run(ctx context.Context) error {
	for _, l := range b.lanes {
		if err := l.warmUp(ctx); err != nil {
			return fmt.Errorf("experiment: bench of %s: warm-up: %w", l.label, err)
		}
		b.tell(l)
	}
	for round := range b.options.Rounds {
		b.progress.Round = round + 1
		for i := range b.lanes {
			l := b.lanes[(round+i)%len(b.lanes)]
			if err := l.turn(ctx); err != nil {
				return fmt.Errorf("experiment: bench of %s: round %d of %d: %w", l.label, round+1, b.options.Rounds, err)
			}
			b.tell(l)
		}
		if b.options.Between != nil {
			if err := b.options.Between(ctx); err != nil {
				return err
			}
		}
		b.rounds++
	}
	return nil
}

func (b *bench) tell(l *lane) {
	b.progress.Turn++
	b.progress.Method = l.label
	if b.options.Progress != nil {
		b.options.Progress(b.progress)
	}
}

func (b *bench) close() (err error) {
	for _, l := range b.lanes {
		err = errors.Join(err, l.close())
	}
	return err
}

// result says what the finished rounds tell.
func (b *bench) result(engine *backend.Engine, r Recipe, set *datasets.Set) *BenchResult {
	out := &BenchResult{
		Backend: engine.Name, Device: engine.Description(), CPUs: runtime.NumCPU(), Version: Version(),
		Data: r.Data, Image: [3]int{set.Height, set.Width, set.Channels}, Classes: set.Classes,
		Model: r.Model, Parameters: b.lanes[0].parameters(), Batch: r.Batch, Devices: max(1, b.options.Devices), DType: r.DType, Base: r.Optimizer, Rounds: b.rounds,
	}
	if b.rounds < leastForInterval {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rounds: an interval takes at least %d", b.rounds, leastForInterval))
	}
	sgd, sam := b.reference("sgd"), b.reference("sam")
	for _, l := range b.lanes {
		row := l.row()
		row.RoundSeconds = l.seconds[:b.rounds:b.rounds]
		row.StepSeconds = MedianInterval(row.RoundSeconds)
		row.RoundCPUSeconds = l.cpu[:b.rounds:b.rounds]
		row.CPUSeconds = MedianInterval(row.RoundCPUSeconds)
		if sgd != nil {
			row.CostVsSGD, row.CPUVsSGD = b.quotient(l.seconds, sgd.seconds), b.quotient(l.cpu, sgd.cpu)
		}
		if sam != nil {
			row.CostVsSAM, row.CPUVsSAM = b.quotient(l.seconds, sam.seconds), b.quotient(l.cpu, sam.cpu)
		}
		out.Rows = append(out.Rows, row)
		if math.IsNaN(l.loss) || math.IsInf(l.loss, 0) {
			out.Warnings = append(out.Warnings, fmt.Sprintf("the loss of %s is %v: steps on such numbers may take another time", l.label, l.loss))
		}
	}
	return out
}

// reference returns the first lane of a method without settings of its own, nil if there is none.
func (b *bench) reference(method string) *lane {
	for _, l := range b.lanes {
		if l.label == method {
			return l
		}
	}
	return nil
}

// quotient compares the times of two lanes round by round.
func (b *bench) quotient(of, to []float64) Interval {
	quotients := make([]float64, b.rounds)
	for i := range quotients {
		quotients[i] = of[i] / to[i]
	}
	return MedianInterval(quotients)
}
