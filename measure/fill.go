package measure

import (
	"context"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/runlog"
)

// fill makes a measurement. part is what an interrupted one left, or nil.
func (w *measurer) fill(ctx context.Context, out, part *runlog.Measurement) (err error) {
	switch out.Measure {
	case runlog.MeasureSpectrum:
		return w.spectrum(ctx, out)
	case runlog.MeasureTrace:
		out.Trace, err = w.estimate(ctx, out, curvature.HutchPP, "hutch++")
		return err
	case runlog.MeasureFrobenius:
		out.Frobenius, err = w.estimate(ctx, out, curvature.FrobeniusNorm, "hutchinson")
		return err
	case runlog.MeasureDensity:
		return w.density(ctx, out, part)
	case runlog.MeasureAngle:
		return w.angle(ctx, out)
	case runlog.MeasureSharpness:
		return w.sharpness(ctx, out)
	case runlog.MeasureLayers:
		return w.layers(ctx, out)
	default:
		return w.landscape(ctx, out, part)
	}
}
