package recipe

import "github.com/xsam-go/xsam/optim"

// The names of base optimizers and of learning-rate schedules.
var (
	BaseNames     = []string{"sgd", "adam", "adamw"}
	ScheduleNames = []string{"constant", "cosine", "step"}
)

// LearningRateAt is the rate of the last update before a step of a run with the given number of steps, or of its
// first one for step 0.
func (r Recipe) LearningRateAt(step, steps int) float64 {
	return r.LearningRate * r.RateSchedule(steps).Factor(max(0, step-1))
}

// RateSchedule is the schedule with its warm-up, for a run with the given number of steps.
func (b Base) RateSchedule(steps int) optim.Schedule {
	schedule := optim.Constant()
	switch b.Schedule {
	case "cosine":
		schedule = optim.Cosine(steps)
	case "step":
		var milestones []int
		for _, at := range []int{steps / 2, steps * 3 / 4} {
			if at > 0 && (len(milestones) == 0 || at > milestones[0]) {
				milestones = append(milestones, at)
			}
		}
		schedule = optim.Step(milestones, 0.1)
	}
	return optim.LinearWarmup(b.WarmupSteps, schedule)
}
