package curvature

import (
	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

// draw writes the pictures of measurements into a folder, with what the run recorded of curvature along training.
func draw(dir string, run measuredRun, list []runlog.Measurement) ([]string, error) {
	d := plots.Data{Title: title(run), Measurements: list}
	for _, r := range run.records {
		if r.Kind == runlog.Curvature {
			d.Along = append(d.Along, r)
		}
	}
	d.Edges = edges(run, list, d.Along)
	return plots.Write(dir, d)
}
