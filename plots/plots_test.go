package plots_test

import (
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/plots"
	"github.com/xsam-go/xsam/runlog"
)

func numbers(values ...float64) (list []runlog.Number) {
	for _, v := range values {
		list = append(list, runlog.Num(v))
	}
	return list
}

// of is a measurement of the Hessian after an epoch of ten steps.
func of(measure string, epoch float64) runlog.Measurement {
	return runlog.Measurement{Measure: measure, Step: int64(10 * epoch), Epoch: runlog.Num(epoch), Operator: "hessian",
		Converged: true, Loss: runlog.Num(0.2)}
}

// everything is one measurement of each kind that has a picture.
func everything() plots.Data {
	d := plots.Data{Title: "glyphs, cnn, xsam, seed 0"}
	for i, top := range []float64{4, 9, 14, 18} {
		m := of(runlog.MeasureSpectrum, float64(5*i))
		m.Spectrum = &runlog.Spectrum{Values: numbers(top, top*0.7, top*0.5, top*0.4, top*0.3)}
		d.Measurements = append(d.Measurements, m)
	}
	density := of(runlog.MeasureDensity, 15)
	density.Density = &runlog.Density{Nodes: make([][]float64, 3), Weights: make([][]float64, 3), Width: 0.2}
	for i := range 400 {
		x := -2 + 22*float64(i)/399
		density.Density.Points = append(density.Density.Points, x)
		density.Density.Values = append(density.Density.Values, math.Exp(-x*x/0.1)+1e-4*math.Exp(-(x-18)*(x-18)))
	}
	layers := of(runlog.MeasureLayers, 15)
	for i := range 10 {
		layers.Layers = append(layers.Layers, runlog.LayerBlock{Layer: fmt.Sprintf("block%d/conv", i+1),
			LambdaMax: runlog.Num(float64(i + 1)), Converged: i != 3})
	}
	bowl := of(runlog.MeasureLandscape, 15)
	bowl.Landscape = &runlog.Landscape{Directions: []string{"PCA 1 (80 % of the path)", "PCA 2 (12 % of the path)"},
		Path: [][2]float64{{1.5, 1}, {0.7, -0.2}, {0, 0}}}
	for i := range 21 {
		bowl.Landscape.X = append(bowl.Landscape.X, -2+0.2*float64(i))
		bowl.Landscape.Y = append(bowl.Landscape.Y, -1.5+0.15*float64(i))
	}
	for _, y := range bowl.Landscape.Y {
		var row []runlog.Number
		for _, x := range bowl.Landscape.X {
			row = append(row, runlog.Num(0.01+5*x*x+y*y))
		}
		bowl.Landscape.Loss = append(bowl.Landscape.Loss, row)
	}
	bowl.Landscape.Loss[20][0] = runlog.Number{}
	line := of(runlog.MeasureLandscape, 15)
	line.Settings = map[string]string{"landscape": "line"}
	line.Landscape = &runlog.Landscape{Directions: []string{"checkpoint init to last"}, X: []float64{-1, 0, 1},
		Y: []float64{0}, Loss: [][]runlog.Number{numbers(2, 0.2, 0.9)}}
	d.Measurements = append(d.Measurements, density, layers, bowl, line)
	for i := range 15 {
		d.Along = append(d.Along, runlog.Record{Kind: runlog.Curvature, Epoch: runlog.Num(float64(i + 1)),
			LambdaMax: runlog.Num(5 + float64(i)), Lambda5: runlog.Num(2)})
		d.Along = append(d.Along, runlog.Record{Kind: runlog.Train, Epoch: runlog.Num(float64(i + 1)),
			LambdaMax: runlog.Num(1000)})
	}
	epochs := []float64{0, 5, 10, 15}
	d.Edges = []plots.Edge{
		{Name: "2/η", Epochs: epochs, Values: []float64{20, 25, 50, 800}},
		{Name: "(2 + 2β)/η, β = 0.9", Epochs: epochs, Values: []float64{38, 47, 95, 1520}},
		{Name: "far away", Epochs: epochs, Values: []float64{1e6, 1e6, 1e6, math.Inf(1)}},
	}
	return d
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pictures")
	files, err := plots.Write(dir, everything())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{ // by name, what must be readable in it
		"spectrum-step000000":       {"Top eigenvalues of the Hessian", "initial weights", "λ5"},
		"spectrum-step000050":       {"epoch 5"},
		"spectrum-step000100":       {"epoch 10"},
		"spectrum-step000150":       {"glyphs, cnn, xsam, seed 0, epoch 15"},
		"density-step000150":        {"Spectral density", "3 probes, smoothed by σ = 0.2", "eigenvalue"},
		"layers-step000150":         {"block7/conv", "λmax of the block", "not converged"},
		"landscape-step000150-PCA":  {"along PCA 1", "along PCA 2", "training", "weights", ">loss<"},
		"landscape-step000150-line": {"position along checkpoint init to last", "the weights measured"},
		"training": {"over training", "λmax", "λ5", "2/η", "β = 0.9", "far away: above the picture",
			"epoch"},
	}
	if len(files) != 3*len(want) {
		t.Errorf("files %v, want %d as PNG, SVG and PDF", files, len(want))
	}
	for name, texts := range want {
		svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if !strings.Contains(string(svg), text) {
				t.Errorf("%s.svg does not say %q", name, text)
			}
		}
		f, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(f)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || picture.Bounds().Dx() < 400 {
			t.Errorf("%s.png: %v, want a picture at least 400 wide", name, err)
		}
	}
}

// The record of an interrupted measurement has no picture, nor has a single point in time.
func TestWriteLeavesOutWhatIsNotThere(t *testing.T) {
	density := of(runlog.MeasureDensity, 1)
	density.Density = &runlog.Density{Nodes: [][]float64{{1}}, Weights: [][]float64{{1}}}
	plane := of(runlog.MeasureLandscape, 1)
	plane.Landscape = &runlog.Landscape{Directions: []string{"a", "b"}, X: []float64{0, 1}, Y: []float64{0, 1},
		Loss: [][]runlog.Number{numbers(1, 2)}}
	trace := of(runlog.MeasureTrace, 1)
	trace.Trace = &runlog.Estimate{Value: runlog.Num(1)}
	files, err := plots.Write(t.TempDir(), plots.Data{Measurements: []runlog.Measurement{density, plane, trace}})
	if err != nil || len(files) != 0 {
		t.Errorf("files %v, %v, want none", files, err)
	}
	one := of(runlog.MeasureSpectrum, 1)
	one.Spectrum = &runlog.Spectrum{Values: numbers(1)}
	files, err = plots.Write(t.TempDir(), plots.Data{Measurements: []runlog.Measurement{one}})
	if err != nil || len(files) != 3 || slices.ContainsFunc(files, func(f string) bool {
		return strings.Contains(f,
			"training")
	}) {
		t.Errorf("files %v, %v, want the spectrum alone", files, err)
	}
}

func TestWriteFails(t *testing.T) {
	flat := of(runlog.MeasureLandscape, 1)
	flat.Landscape = &runlog.Landscape{Directions: []string{"a", "b"}, X: []float64{0, 1}, Y: []float64{0, 1},
		Loss: [][]runlog.Number{numbers(1, 1), numbers(1, 1)}}
	if _, err := plots.Write(t.TempDir(), plots.Data{Measurements: []runlog.Measurement{flat}}); err == nil ||
		!strings.Contains(err.Error(), "losses that differ") {
		t.Errorf("a flat landscape: %v, want an error that says so", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := plots.Write(file, everything()); err == nil {
		t.Error("a file in the place of the folder: want an error")
	}
}

// Numbers at the ends of what a float64 holds, as a damaged record may have them, give a picture or an error, and soon.
func TestNumbersBeyondAllPictures(t *testing.T) {
	for _, ends := range [][2]float64{{-1e308, 1e308}, {1e17, 1e17 + 16}, {1e308, 1.5e308}, {0, 5e-324}, {-1e308, 0},
		{1e-308, 1e308}} {
		low, high := ends[0], ends[1]
		one, two := runlog.Num(low), runlog.Num(high)
		measurements := []runlog.Measurement{
			{Measure: runlog.MeasureSpectrum, Spectrum: &runlog.Spectrum{Values: []runlog.Number{two, one},
				Residuals: []runlog.Number{one, two}}},
			{Measure: runlog.MeasureDensity, Density: &runlog.Density{Width: high, Points: []float64{low, high},
				Values: []float64{low, high}}},
			{Measure: runlog.MeasureLandscape, Loss: two, Landscape: &runlog.Landscape{Directions: []string{"d"},
				X: []float64{low, high}, Y: []float64{0}, Loss: [][]runlog.Number{{one, two}}}},
			{Measure: runlog.MeasureLandscape, Landscape: &runlog.Landscape{Directions: []string{"d", "e"},
				X: []float64{low, high}, Y: []float64{low, high}, Loss: [][]runlog.Number{{one, two}, {two, one}}}},
			{Measure: runlog.MeasureLayers, Layers: []runlog.LayerBlock{{Layer: "a", LambdaMax: two}, {Layer: "b", LambdaMax: one}}},
		}
		for _, m := range measurements {
			began := time.Now()
			files, err := plots.Write(t.TempDir(), plots.Data{Title: "t", Measurements: []runlog.Measurement{m}})
			if len(files) == 0 && err == nil {
				t.Errorf("%s from %v to %v: neither a picture nor an error", m.Measure, low, high)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("%s from %v to %v took %v", m.Measure, low, high, took)
			}
		}
	}
}
