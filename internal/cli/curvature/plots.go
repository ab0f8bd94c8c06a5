package curvature

import (
	"github.com/spf13/pflag"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// addPlotSize adds the flag for the size of pictures.
func addPlotSize(set *pflag.FlagSet, o *options) {
	o.plotSize = plots.DefaultSize()
	set.Var(&o.plotSize, "plot-size", "size of pictures in cm, `WIDTHxHEIGHT`")
}

// draw writes the pictures of measurements into a folder, with what the run recorded of curvature along training.
func draw(o *options, run measuredRun, list []runlog.Measurement) ([]string, error) {
	d := plots.Data{Title: title(run), Measurements: list}
	for _, r := range run.records {
		if r.Kind == runlog.Curvature {
			d.Along = append(d.Along, r)
		}
	}
	d.Edges = edges(run, list, d.Along)
	return plots.WriteSized(o.plots, d, o.plotSize)
}
