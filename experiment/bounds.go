package experiment

import (
	"fmt"

	"github.com/xsam-go/xsam/runlog"
)

// oftenRisen is the share of steps without a correction, since the loss had risen, that is worth a warning.
const oftenRisen = 0.25

// warnOfBounds says at the end of a run what its bounds came to: that λmax, as measured, is above that one on λ, or,
// where it is not measured, that by the running estimate the bound is out of reach; and that there was no correction in
// many steps.
func (s *session) warnOfBounds(measured runlog.Number) error {
	stats, err := s.Optimizer.Stats(s.Store)
	if err != nil {
		return err
	}
	bound := float64(s.Optimizer.Config().MaxLambda)
	ends := fmt.Sprintf("at the end the running estimate is %.3g, with ascents %.3g times as long", stats.SmoothLambda,
		stats.Strength)
	switch {
	case bound > 0 && measured.Float() > bound:
		s.options.Warn(fmt.Sprintf("%s: the bound %.3g on λ is exceeded: λmax is %.3g; %s: try a bound that is nearer to "+
			"it, a larger --rho, or more epochs", s.name(), bound, measured.Float(), ends))
	case stats.OutOfReach && !measured.Known():
		s.options.Warn(fmt.Sprintf("%s: the bound %.3g on λ may be out of reach: %s, the most there is; λmax is not measured",
			s.name(), bound, ends))
	}
	if share := float64(s.sums.RisenSteps) / float64(max(1, s.Steps)); share > oftenRisen {
		s.options.Warn(fmt.Sprintf("%s: in %.0f %% of the steps there was no correction, since the loss had risen "+
			"(--bound while-falling): lower --lr, or take larger batches; --bound no-climb corrects all the same", s.name(),
			100*share))
	}
	return nil
}
