package experiment

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/optim"
)

// The names of base optimizers and of learning-rate schedules.
var (
	BaseNames     = []string{"sgd", "adam", "adamw"}
	ScheduleNames = []string{"constant", "cosine", "step"}
)

// optimizer returns the base optimizer for a run of the given number of steps.
func (b Base) optimizer(steps int) (base optimizer.Interface, err error) {
	err = exceptions.TryCatch[error](func() { base = b.build(steps) })
	if err != nil {
		return nil, fmt.Errorf("experiment: base optimizer: %w", err)
	}
	return base, nil
}

func (b Base) build(steps int) optimizer.Interface {
	var base optimizer.Interface
	switch b.Optimizer {
	case "adam":
		base = optimizer.Adam().LearningRate(b.LearningRate).Done()
	case "adamw":
		base = optimizer.Adam().LearningRate(b.LearningRate).WeightDecay(b.WeightDecay).Done()
	default:
		base = optim.SGD(b.LearningRate).Momentum(b.Momentum).Nesterov(b.Nesterov).
			WeightDecay(b.WeightDecay).DecayBiasesAndNorms(b.DecayBiasesAndNorms).Done()
	}
	if b.Clip > 0 {
		base = optim.Clip(base, b.Clip)
	}
	return optim.Scheduled(base, b.warmed(steps))
}

// warmed is the schedule with its warm-up.
func (b Base) warmed(steps int) optim.Schedule {
	return optim.LinearWarmup(b.WarmupSteps, b.schedule(steps))
}

func (b Base) schedule(steps int) optim.Schedule {
	switch b.Schedule {
	case "cosine":
		return optim.Cosine(steps)
	case "step":
		var milestones []int
		for _, at := range []int{steps / 2, steps * 3 / 4} {
			if at > 0 && (len(milestones) == 0 || at > milestones[0]) {
				milestones = append(milestones, at)
			}
		}
		return optim.Step(milestones, 0.1)
	default:
		return optim.Constant()
	}
}
