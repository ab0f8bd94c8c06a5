package measure

import (
	"context"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// ascents is the number of steps of the longer search for the worst loss in SAM's ball.
const ascents = 5

// sharpness looks for the worst loss in the balls of SAM (one step, and several), of ASAM, and of SAM batch by batch.
func (w *measurer) sharpness(ctx context.Context, out *runlog.Measurement) error {
	for _, ball := range []struct {
		name string
		o    curvature.AscentOptions
	}{
		{"sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: 1}},
		{"sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: ascents}},
		{"asam", curvature.AscentOptions{Rho: w.m.AdaptiveRho, Steps: 1, Adaptive: true, Eta: 0.01}},
		{"m-sam", curvature.AscentOptions{Rho: w.m.Rho, Steps: 1}},
	} {
		rise := 0.0
		if ball.name == "m-sam" {
			var err error
			if rise, _, err = w.examples.Problem.MSharpness(ctx, ball.o); err != nil {
				return err
			}
		} else {
			a, err := w.examples.Problem.BallSharpness(ctx, ball.o)
			if err != nil {
				return err
			}
			rise = a.Rise()
		}
		out.Sharpness = append(out.Sharpness, runlog.BallSharpness{Ball: ball.name, Rho: ball.o.Rho, Steps: ball.o.Steps,
			Rise: runlog.Num(rise)})
		w.tell(2)
	}
	out.Converged = true
	return nil
}
