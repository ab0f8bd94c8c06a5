package report

import (
	"math"
	"slices"
	"testing"

	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/runlog"
)

func TestSchedule(t *testing.T) {
	tests := []struct {
		name        string
		setup       runlog.Setup
		step, steps float64
		want        float64
	}{
		{"constant", runlog.Setup{LearningRate: 0.1, Schedule: "constant"}, 5, 10, 0.1},
		{"cosine starts at the rate", runlog.Setup{LearningRate: 0.1, Schedule: "cosine"}, 0, 10, 0.1},
		{"cosine is half way at half", runlog.Setup{LearningRate: 0.1, Schedule: "cosine"}, 5, 10, 0.05},
		{"cosine ends at 0", runlog.Setup{LearningRate: 0.1, Schedule: "cosine"}, 10, 10, 0},
		{"step before half", runlog.Setup{LearningRate: 0.1, Schedule: "step"}, 4, 10, 0.1},
		{"step after half", runlog.Setup{LearningRate: 0.1, Schedule: "step"}, 5, 10, 0.01},
		{"step after three quarters", runlog.Setup{LearningRate: 0.1, Schedule: "step"}, 7, 10, 0.001},
		{"step of two steps falls once", runlog.Setup{LearningRate: 0.1, Schedule: "step"}, 1, 2, 0.01},
		{"warm-up", runlog.Setup{LearningRate: 0.1, Schedule: "constant", WarmupSteps: 4}, 1, 10, 0.05},
	}
	for _, tt := range tests {
		if got := rate(tt.setup, tt.step, tt.steps); math.Abs(got-tt.want) > 1e-15 { // rounding of a cosine and a product
			t.Errorf("%s: rate %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The formulas that are repeated here are those that training uses.
func TestScheduleIsThatOfTraining(t *testing.T) {
	const steps, warmup = 40, 4
	for name, schedule := range map[string]optim.Schedule{
		"constant": optim.Constant(), "cosine": optim.Cosine(steps), "step": optim.Step([]int{steps / 2, steps * 3 / 4}, 0.1),
	} {
		schedule = optim.LinearWarmup(warmup, schedule)
		for step := range steps {
			setup := runlog.Setup{LearningRate: 0.5, Schedule: name, WarmupSteps: warmup}
			got, want := rate(setup, float64(step), steps), 0.5*schedule.Factor(step)
			if math.Abs(got-want) > 1e-15 { // the order of the products
				t.Errorf("%s, step %d: rate %v, in training %v", name, step, got, want)
			}
		}
	}
}

// A bound on λ is one line of each method that has it, with λmax as it was measured too.
func TestLambdaBounds(t *testing.T) {
	c := &Comparison{Runs: []*runlog.Run{
		{Setup: runlog.Setup{Method: "sam", Task: runlog.Task{Epochs: 3}}},
		{Setup: runlog.Setup{Method: "xsam", LambdaBound: 2, Task: runlog.Task{Epochs: 3}}},
		{Setup: runlog.Setup{Method: "xsam", Seed: 1, LambdaBound: 2, Task: runlog.Task{Epochs: 3}}},
	}}
	if lines := c.underBounds([]Series{{}}); len(lines) != 2 || lines[1].Style != Reference || lines[1].Y[0] != 2 ||
		lines[1].X[1] != 3 {
		t.Errorf("two runs under one bound: %+v", lines)
	}
	for _, r := range c.Runs {
		for epoch := range 3 {
			r.Records = append(r.Records, runlog.Record{Kind: runlog.Curvature, Step: int64(epoch),
				Epoch: runlog.Num(float64(epoch)), LambdaMax: runlog.Num(3)})
		}
	}
	if chart := c.measured(); !slices.ContainsFunc(chart.Series, func(s Series) bool { return s.Style == Reference }) {
		t.Errorf("no bound among %d lines of λmax", len(chart.Series))
	}
}
