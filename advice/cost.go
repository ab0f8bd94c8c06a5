package advice

import (
	"context"
	"fmt"
	"time"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
	"github.com/xsam-go/xsam/stepcost"
)

// Cost is what a method costs.
type Cost struct {
	Method    string  `json:"method"`
	Gradients float64 `json:"gradients"` // a step
	// VsSGD is the processor time of a step over that of sgd, timed in turn: other programs on the machine lengthen it
	// less than the time that passes. Step is that of sgd in the short runs, times this.
	VsSGD    runlog.Number `json:"step_cost_vs_sgd,omitzero"`
	Step     runlog.Number `json:"step_seconds,omitzero"`
	Training runlog.Number `json:"training_seconds,omitzero"`
}

// costMethods are those whose steps are timed, in turn.
var costMethods = []string{"sgd", "sam", "xsam", "xsam-lite"}

// How long steps are timed: turns of each method, as few as have an interval, each of so many seconds' worth of steps
// of sgd, within bounds. On a machine that does other things a few short steps say little.
const (
	costRounds  = 6
	turnSeconds = 0.1
	leastSteps  = 5
	mostSteps   = 50
)

// turnSteps is the number of steps of a turn, by the time of a step of sgd in seconds.
func turnSteps(step float64) int {
	if !(step > 0) {
		return leastSteps
	}
	return int(min(max(turnSeconds/step, leastSteps), mostSteps))
}

// timeSteps times steps of the methods, for a training of so many. step is the time of one of sgd, in seconds.
func timeSteps(ctx context.Context, engine *backend.Engine, r recipe.Recipe, set *datasets.Set, steps int,
	step float64) (costs []Cost, err error) {
	var recipes []recipe.Recipe
	for _, method := range costMethods {
		if err := r.SetMethod(method, nil); err != nil {
			return nil, err
		}
		recipes = append(recipes, r)
	}
	result, err := stepcost.Run(ctx, engine, recipes, set, stepcost.Options{Rounds: costRounds, Steps: turnSteps(step),
		Warmup: 1})
	if err != nil {
		return nil, err
	}
	for i, row := range result.Rows {
		ratio := row.CPUVsSGD.Median
		if !ratio.Known() { // not on every system
			ratio = row.CostVsSGD.Median
		}
		seconds := step * ratio.Float()
		costs = append(costs, Cost{Method: row.Method, Gradients: recipes[i].GradientsPerStep(), VsSGD: ratio,
			Step: runlog.Num(seconds), Training: runlog.Num(seconds * float64(steps))})
	}
	return costs, nil
}

// cost says what the training takes with each method: its steps alone, evaluations and compiling not counted.
func cost(f Facts) Sentence {
	s := Sentence{About: "cost"}
	text := ""
	for _, c := range f.Costs {
		if !c.Step.Known() {
			return s.unknown("the steps could not be timed")
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %s (%.3g ms a step, %.2f × sgd, %.2g gradients)", c.Method, duration(c.Training.Float()),
			1000*c.Step.Float(), c.VsSGD.Float(), c.Gradients)
	}
	if text == "" {
		return s.unknown("the steps could not be timed")
	}
	return s.known("%d steps take, by the time of a step: %s", f.Steps, text)
}

func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.2g s", seconds)
	}
	return d.Round(time.Second).String()
}
