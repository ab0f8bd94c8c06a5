package stepcost

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Run measures what a training step costs with each of the recipes, which differ in their method alone, on images of
// set. It compiles and warms up all of them, then lets them train in turn, so that whatever else the machine does
// affects all alike. A turn times whole cycles of the schedule. Before them come a cycle and a step that are not timed,
// because they find the caches full of another method's data.
//
// When ctx is cancelled it returns what the finished rounds say, with an error that wraps ctx's.
func Run(ctx context.Context, engine *backend.Engine, recipes []recipe.Recipe, set *datasets.Set,
	o Options) (result *Result, err error) {
	if err := errors.Join(o.validate(recipes), Validate(recipes)); err != nil {
		return nil, err
	}
	before := residentMemory()
	b := &bench{options: o, progress: Progress{Rounds: o.Rounds, Turns: len(recipes) * (o.Rounds + 1)}}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, r := range recipes {
		m, err := newMethod(engine, r, &datasets.Split{Train: set}, o)
		if err != nil {
			return nil, fmt.Errorf("stepcost: bench of %s: %w", r.Method, err)
		}
		b.methods = append(b.methods, m)
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

// bench is a measurement under way.
type bench struct {
	options  Options
	methods  []*method
	rounds   int // finished
	progress Progress
}

// run warms the methods up and then goes round them; each round begins with another one.
func (b *bench) run(ctx context.Context) error {
	for _, m := range b.methods {
		if err := m.warmUp(ctx); err != nil {
			return fmt.Errorf("stepcost: bench of %s: warm-up: %w", m.label, err)
		}
		b.tell(m)
	}
	for round := range b.options.Rounds {
		b.progress.Round = round + 1
		for i := range b.methods {
			m := b.methods[(round+i)%len(b.methods)]
			if err := m.turn(ctx); err != nil {
				return fmt.Errorf("stepcost: bench of %s: round %d of %d: %w", m.label, round+1, b.options.Rounds, err)
			}
			b.tell(m)
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

func (b *bench) tell(m *method) {
	b.progress.Turn++
	b.progress.Method = m.label
	if b.options.Progress != nil {
		b.options.Progress(b.progress)
	}
}

func (b *bench) close() (err error) {
	for _, m := range b.methods {
		err = errors.Join(err, m.Close())
	}
	return err
}

// result is the result of the finished rounds.
func (b *bench) result(engine *backend.Engine, r recipe.Recipe, set *datasets.Set) *Result {
	out := &Result{
		Backend: engine.Name, Device: engine.Description(), CPUs: runtime.NumCPU(), Version: recipe.CodeVersion(),
		Data: r.Data, Image: [3]int{set.Height, set.Width, set.Channels}, Classes: set.Classes,
		Model: r.Model, Parameters: b.methods[0].Parameters(), Batch: r.Batch, Devices: max(1, b.options.Devices),
		DType: r.DType, Base: r.Optimizer, Rounds: b.rounds,
	}
	if b.rounds < leastForInterval {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rounds: an interval takes at least %d", b.rounds,
			leastForInterval))
	}
	sgd, sam := b.reference("sgd"), b.reference("sam")
	for _, m := range b.methods {
		row := m.row()
		row.RoundSeconds = m.seconds[:b.rounds:b.rounds]
		row.StepSeconds = MedianInterval(row.RoundSeconds)
		row.RoundCPUSeconds = m.cpu[:b.rounds:b.rounds]
		row.CPUSeconds = MedianInterval(row.RoundCPUSeconds)
		if sgd != nil {
			row.CostVsSGD, row.CPUVsSGD = b.quotient(m.seconds, sgd.seconds), b.quotient(m.cpu, sgd.cpu)
		}
		if sam != nil {
			row.CostVsSAM, row.CPUVsSAM = b.quotient(m.seconds, sam.seconds), b.quotient(m.cpu, sam.cpu)
		}
		out.Rows = append(out.Rows, row)
		if math.IsNaN(m.loss) || math.IsInf(m.loss, 0) {
			out.Warnings = append(out.Warnings,
				fmt.Sprintf("the loss of %s is %v: steps on such numbers may take another time", m.label, m.loss))
		}
	}
	return out
}

// reference returns the first of a name without settings of its own, nil if there is none.
func (b *bench) reference(label string) *method {
	for _, m := range b.methods {
		if m.label == label {
			return m
		}
	}
	return nil
}

// quotient compares the times of two methods, round by round.
func (b *bench) quotient(of, to []float64) Interval {
	quotients := make([]float64, b.rounds)
	for i := range quotients {
		quotients[i] = of[i] / to[i]
	}
	return MedianInterval(quotients)
}
