package xsam_test

import (
	"math"
	"testing"

	"github.com/xsam-go/xsam"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// On a quadratic with v = ±e₁ kept and α = 2, plain steps: where c > 0 an unbounded step climbs, w₁ ← w₁ + η·c, and
// NoClimb leaves w₁ where it is; where c < 0 both descend three times as fast.
func TestNoClimb(t *testing.T) {
	b := testbackend.Go(t)
	for _, tt := range []struct {
		bound xsam.Bound
		v     float64
		want  float64 // w₁ after the step, from 1, with η = 0.1 and h = 4
	}{
		{xsam.Unbounded, 1, 1 + 0.4}, {xsam.NoClimb, 1, 1},
		{xsam.Unbounded, -1, 1 - 1.2}, {xsam.NoClimb, -1, 1 - 1.2},
	} {
		c := xsam.LiteConfig()
		c.Alpha, c.Bound, c.Refresh.Every, c.Refresh.Warmup, c.By = 2, tt.bound, 7, 0, xsam.ByThreePoint
		l := newLab(t, b, []float64{1, 1}, 0.1, c, quadratic(4, 1)).setV(tt.v, 0)
		l.step(1) // a refresh: e₁ stays, and so does its sign, since λ falls on neither side
		if got := l.w()[0]; !near([]float64{got}, []float64{tt.want}, 1e-6) {
			t.Errorf("%v, v = %v: w₁ = %v, want %v", tt.bound, l.v(), got, tt.want)
		}
	}
}

// With Quarter at most a quarter of h is taken where c > 0: from (1, 1) on diag(4, 1), h = (4, 1) and α = 1, a is √17/4
// for c = 4, and 4 for c = −4.
func TestQuarter(t *testing.T) {
	b := testbackend.Go(t)
	for v, a := range map[float64]float64{1: math.Sqrt(17) / 4, -1: 4} {
		c := xsam.LiteConfig()
		c.Bound, c.Refresh.Every, c.Refresh.Warmup, c.By = xsam.Quarter, 7, 0, xsam.ByThreePoint
		l := newLab(t, b, []float64{1, 1}, 0.1, c, quadratic(4, 1)).setV(v, 0)
		l.step(1)
		if got, want := l.w(), []float64{1 - 0.1*(4-v*a), 0.9}; !near(got, want, 1e-6) {
			t.Errorf("v = %v: w = %v, want %v", v, got, want)
		}
	}
}
