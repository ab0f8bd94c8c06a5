package experiment

import (
	"fmt"

	"github.com/xsam-go/xsam"
)

// oftenRisen is the share of steps without a correction, since the loss had risen, that is worth a warning.
const oftenRisen = 0.25

// warnOfBounds says at the end of a run what its bounds came to: that one on λ is out of reach by the running estimate,
// and that there was no correction in many steps.
func (s *session) warnOfBounds(stats xsam.StepStats) {
	if stats.OutOfReach {
		s.options.Warn(fmt.Sprintf("%s: the bound %v on λ may be out of reach: at the end the running estimate is %.3g, "+
			"with ascents %.3g times as long, the most there is; λmax, where it is measured, says whether it was kept", s.name(),
			s.Optimizer.Config().MaxLambda, stats.SmoothLambda, stats.Strength))
	}
	if share := float64(s.sums.RisenSteps) / float64(max(1, s.Steps)); share > oftenRisen {
		s.options.Warn(fmt.Sprintf("%s: in %.0f %% of the steps there was no correction, since the loss had risen "+
			"(--bound while-falling): lower --lr, or take larger batches; --bound no-climb corrects all the same", s.name(),
			100*share))
	}
}
