package curvature

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Line returns L(w + t·d) at each t. It fails unless d has Dim numbers. When ctx ends, the values that are missing are
// NaN, and its error comes with them.
func (p *Problem) Line(ctx context.Context, d, ts []float64) ([]float64, error) {
	surface, err := p.Plane(ctx, d, nil, ts, []float64{0})
	if len(surface) == 0 {
		return nil, err
	}
	return surface[0], err
}

// Plane returns L(w + x·d + y·e) with a row for each y and a column for each x. e may be nil, which is 0. It fails
// unless d and e have Dim numbers. When ctx ends, the values that are missing are NaN, and its error comes with them.
func (p *Problem) Plane(ctx context.Context, d, e, xs, ys []float64) ([][]float64, error) {
	if len(d) != p.Dim() || e != nil && len(e) != p.Dim() {
		return nil, fmt.Errorf("curvature: a landscape got directions of length %d and %d: "+
			"want %d, the number of parameters", len(d), len(e), p.Dim())
	}
	surface := make([][]float64, len(ys))
	for i := range surface {
		surface[i] = make([]float64, len(xs))
		for j := range surface[i] {
			surface[i][j] = math.NaN()
		}
	}
	at := make([]float64, p.Dim())
	for i, y := range ys {
		for j, x := range xs {
			floats.ScaleTo(at, x, d)
			if e != nil {
				floats.AddScaled(at, y, e)
			}
			loss, err := p.Loss(ctx, at)
			if err != nil {
				return surface, err
			}
			surface[i][j] = loss
		}
	}
	return surface, nil
}

// Grid returns count ≥ 2 numbers evenly spaced from lo to hi, both included.
func Grid(lo, hi float64, count int) []float64 {
	return floats.Span(make([]float64, count), lo, hi)
}
