// Package plots draws measurements of curvature, and figures of print quality, as PNG, SVG and PDF files.
//
//	plots.go      Write: which pictures of a run there are
//	file.go       a picture as a file
//	pdf.go        what PDF needs beside
//	size.go       the size of a picture
//	style.go      fonts, axes
//	look.go       colours, dashes and marks of the series
//	viridis.go    the colour map
//	chart.go      lines, bands and marks
//	lines.go      charts whose series need no looks of their own
//	forest.go     differences with their intervals
//	surface.go    the loss over a plane
//	spectrum.go   the top eigenvalues, and λmax of each layer
//	density.go    the spectral density
//	training.go   eigenvalues over training against the edge of stability
//	landscape.go  the loss over a plane, or along a line, of a measurement
//
// It reads records of package runlog and knows nothing of models.
package plots

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/xsam-go/xsam/runlog"
)

// Data is what is drawn of one run.
type Data struct {
	// Title says which run it is; it stands in every picture.
	Title string
	// Measurements are drawn one by one. Where they hold spectra of several states, these are drawn over training too.
	Measurements []runlog.Measurement
	// Along are the Curvature records of the run's metrics.jsonl, for the same picture; it needs two points or more.
	Along []runlog.Record
	// Edges are curves against which eigenvalues over training are drawn.
	Edges []Edge
}

// Edge is an edge of stability over training, such as 2/η.
type Edge struct {
	Name   string
	Epochs []float64
	Values []float64
}

// Write draws what there is in d to files under dir, each picture as PNG, as SVG and as PDF, and returns their paths.
// It creates the folder; a picture that is there is replaced.
func Write(dir string, d Data) ([]string, error) { return WriteSized(dir, d, DefaultSize()) }

// WriteSized is Write with pictures of a size.
func WriteSized(dir string, d Data, size Size) (files []string, err error) {
	if err := size.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("plots: %w", err)
	}
	var errs []error
	save := func(name string, paint func(draw.Canvas), err error) {
		for _, format := range Formats() {
			path := filepath.Join(dir, name+"."+format)
			if err == nil {
				err = file(path, format, size, paint)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("plots: %s: %w", name, err))
				return
			}
			files = append(files, path)
		}
	}
	for _, m := range d.Measurements {
		name, title := m.Measure+"-"+stateName(m), d.Title+", "+stateTitle(m)
		var p *plot.Plot
		var err error
		switch {
		case m.Spectrum != nil:
			p, err = spectrum(m, title, size)
		case m.Density != nil && len(m.Density.Points) > 0:
			p, err = density(m, title)
		case len(m.Layers) > 0:
			p, err = layers(m, title, size)
		case m.Landscape != nil && len(m.Landscape.Loss) == len(m.Landscape.Y) && len(m.Landscape.Y) == 1:
			p, err = line(m, title)
		case m.Landscape != nil && len(m.Landscape.Loss) == len(m.Landscape.Y):
			paint, err := landscape(m, title)
			save(name, paint, err)
			continue
		default:
			continue // nothing that a picture shows better than a number, or a part of a measurement
		}
		if err == nil {
			err = drawable(p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
		}
		save(name, func(c draw.Canvas) { p.Draw(c) }, err)
	}
	p, err := training(d)
	if p != nil && err == nil {
		err = drawable(p.X.Min, p.X.Max, p.Y.Min, p.Y.Max)
	}
	if p != nil || err != nil {
		save("training", func(c draw.Canvas) { p.Draw(c) }, err)
	}
	return files, errors.Join(errs...)
}

// drawable reports axes that cannot be drawn: painting polygons of such sizes does not end.
func drawable(xMin, xMax, yMin, yMax float64) error {
	const largest, finest = 1e150, 1e-12
	for _, axis := range [][2]float64{{xMin, xMax}, {yMin, yMax}} {
		low, high := axis[0], axis[1]
		size := math.Max(math.Abs(low), math.Abs(high))
		if !(size <= largest) || high > low && high-low < finest*size {
			return fmt.Errorf("an axis from %g to %g cannot be drawn: want numbers up to %g that differ in their first 12 "+
				"digits", low, high, largest)
		}
	}
	return nil
}

// stateName is the part of a file's name that says which weights and which matrix.
func stateName(m runlog.Measurement) string {
	name := fmt.Sprintf("step%06d", m.Step)
	if m.Landscape != nil {
		kind := m.Settings["landscape"]
		if kind == "" {
			kind, _, _ = strings.Cut(m.Landscape.Directions[0], " ")
		}
		name += "-" + kind
	}
	if m.Operator != "" && m.Operator != "hessian" {
		name += "-" + m.Operator
	}
	return name
}

// stateTitle says the same for people.
func stateTitle(m runlog.Measurement) string {
	if m.Step == 0 {
		return "initial weights"
	}
	if !m.Epoch.Known() {
		return fmt.Sprintf("step %d", m.Step)
	}
	return fmt.Sprintf("epoch %.4g", m.Epoch.Float())
}

// matrix names the matrix whose eigenvalues are drawn.
func matrix(m runlog.Measurement) string {
	switch m.Operator {
	case "gauss-newton":
		return "the Gauss–Newton matrix"
	case "fisher":
		return "the empirical Fisher matrix"
	case "adam":
		return "Adam's preconditioned Hessian"
	default:
		return "the Hessian"
	}
}
