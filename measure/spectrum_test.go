package measure

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/xsam-go/xsam/curvature"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/runlog"
)

// Every measure of a matrix that is known on paper, diag(4, 3, 2, 1, 0, −1) with the gradient (1, 1, 0, …).
func TestMeasuresOfAKnownMatrix(t *testing.T) {
	diagonal := []float64{4, 3, 2, 1, 0, -1}
	m := DefaultOptions(recipe.Defaults("glyphs"))
	m.DensitySteps, m.DensityProbes, m.Probes = 6, 200, 300
	w := &measurer{m: m, matrix: curvature.Dense(mat.NewDiagDense(6, diagonal)), gradient: []float64{1, 1, 0, 0, 0, 0},
		timeLeft: timeLeft{all: 1}}
	ctx := context.Background()
	fill := func(measure string) runlog.Measurement {
		out := runlog.Measurement{Measure: measure}
		if err := w.fill(ctx, &out, nil); err != nil {
			t.Fatal(err)
		}
		return out
	}
	spectrum, trace, frobenius := fill(runlog.MeasureSpectrum), fill(runlog.MeasureTrace), fill(runlog.MeasureFrobenius)
	density, angle := fill(runlog.MeasureDensity), fill(runlog.MeasureAngle)
	for i, want := range diagonal[:5] {
		if got := spectrum.Spectrum.Values[i].Float(); math.Abs(got-want) > 1e-9 {
			t.Errorf("eigenvalue %d = %v, want %v", i+1, got, want)
		}
	}
	if got := trace.Trace.Value.Float(); math.Abs(got-9) > 1e-9 { // six products span the whole space
		t.Errorf("trace %v, want 9", got)
	}
	// ‖Hz‖² of a diagonal H is the same for all signs z.
	if got := frobenius.Frobenius.Value.Float(); math.Abs(got-math.Sqrt(31)) > 1e-9 {
		t.Errorf("Frobenius norm %v, want √31", got)
	}
	for i, want := range []float64{45, 45, 90, 90, 90} {
		if got := angle.Angles.AngleDeg[i].Float(); math.Abs(got-want) > 1e-6 {
			t.Errorf("angle %d = %v°, want %v°", i+1, got, want)
		}
	}
	d := density.Density
	mass := 0.0
	for i, x := range d.Points[1:] {
		mass += (x - d.Points[i]) * (d.Values[i] + d.Values[i+1]) / 2
	}
	// The Gaussians are cut off at 4 standard deviations, and the grid has about one point a quarter of a deviation.
	if math.Abs(mass-1) > 1e-3 || len(d.Nodes) != 200 {
		t.Errorf("a density of mass %v from %d probes, want 1 from 200", mass, len(d.Nodes))
	}
	for i, nodes := range d.Nodes {
		for k, want := range []float64{-1, 0, 1, 2, 3, 4} {
			if math.Abs(nodes[k]-want) > 1e-6 {
				t.Fatalf("probe %d has nodes %v, want the eigenvalues", i, nodes)
			}
		}
	}
}

func TestBlock(t *testing.T) {
	h := curvature.Dense(mat.NewSymDense(3, []float64{1, 2, 3, 2, 4, 5, 3, 5, 6}))
	b, _, err := curvature.Form(context.Background(), block(h, []curvature.Parameter{{Offset: 0, Size: 1}, {Offset: 2,
		Size: 1}}))
	if want := mat.NewSymDense(2, []float64{1, 3, 3, 6}); err != nil || !mat.Equal(b, want) {
		t.Errorf("the block of rows 0 and 2 is %v (%v), want %v", b, err, want)
	}
}
